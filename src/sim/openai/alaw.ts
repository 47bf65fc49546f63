/**
 * Encodes linear PCM as G.711 A-law, one byte per sample.
 * @param samples 16-bit signed, any length
 * Source: ITU-T G.711 (11/88), table 1a; even bits are inverted on the line
 */
export function encodeAlaw(samples: Int16Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(samples, (sample) => {
    const magnitude = Math.min((sample < 0 ? ~sample : sample) >> 4, 2047)
    const segment = magnitude < 32 ? (magnitude < 16 ? 0 : 1) : 28 - Math.clz32(magnitude)
    const step = segment < 2 ? magnitude & 0x0f : (magnitude >> (segment - 1)) & 0x0f
    return ((sample < 0 ? 0x00 : 0x80) | (segment << 4) | step) ^ 0x55
  })
}

/**
 * Decodes G.711 A-law to linear PCM, one sample per byte.
 * @param bytes A-law, any length
 * Source: ITU-T G.711 (11/88), table 1a
 */
export function decodeAlaw(bytes: Uint8Array): Int16Array<ArrayBuffer> {
  return Int16Array.from(bytes, (code) => {
    const bits = code ^ 0x55
    const segment = (bits >> 4) & 0x07
    const step = bits & 0x0f
    const magnitude = segment === 0 ? step * 2 + 1 : (step * 2 + 33) << (segment - 1)
    return (bits & 0x80 ? magnitude : -magnitude) * 8
  })
}
