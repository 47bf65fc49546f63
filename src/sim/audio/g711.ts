const BIAS = 33
const LARGEST_MAGNITUDE = 8191

const decoded = Int16Array.from({ length: 256 }, (_, code) => decodeCode(code))
const energies = Float64Array.from(decoded, (sample) => sample * sample)
const encoded = Uint8Array.from({ length: 65_536 }, (_, index) => encodeSample(index - 32_768))

/**
 * Encodes linear PCM as G.711 µ-law, one byte per sample.
 * @param samples 16-bit signed, host order, any length
 * Source: ITU-T G.711 (11/88) §3.2; 16-bit samples lose their two lowest bits first, as in G.191
 */
export function encodeMulaw(samples: Int16Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(samples.length)
  for (let index = 0; index < samples.length; index++) {
    bytes[index] = encoded[(samples[index] ?? 0) + 32_768] ?? 0xff
  }
  return bytes
}

/**
 * Decodes G.711 µ-law to linear PCM, one sample per byte.
 * @param bytes µ-law, any length
 * Source: ITU-T G.711 (11/88), table 2a
 */
export function decodeMulaw(bytes: Uint8Array): Int16Array<ArrayBuffer> {
  const samples = new Int16Array(bytes.length)
  for (let index = 0; index < bytes.length; index++) samples[index] = decoded[bytes[index] ?? 0xff] ?? 0
  return samples
}

/**
 * Level of µ-law audio in dB below full scale (RMS); -Infinity for digital silence and for no bytes at all.
 * @param bytes µ-law, any length
 */
export function levelDbfs(bytes: Uint8Array): number {
  let energy = 0
  for (let index = 0; index < bytes.length; index++) energy += energies[bytes[index] ?? 0xff] ?? 0
  return bytes.length === 0 ? -Infinity : 10 * Math.log10(energy / bytes.length / 32_768 ** 2)
}

/** Bits are sent inverted: sign, three bits of segment, four bits of step. A negative sample is complemented, so -1 is 0x7F. */
function encodeSample(sample: number): number {
  const magnitude = Math.min(((sample < 0 ? ~sample : sample) >> 2) + BIAS, LARGEST_MAGNITUDE)
  const segment = 26 - Math.clz32(magnitude)
  const step = (magnitude >> (segment + 1)) & 0x0f
  return (sample < 0 ? 0x7f : 0xff) ^ ((segment << 4) | step)
}

function decodeCode(code: number): number {
  const bits = ~code & 0x7f
  const segment = bits >> 4
  const magnitude = (((bits & 0x0f) * 2 + BIAS) << segment) - BIAS
  return (code & 0x80 ? magnitude : -magnitude) * 4
}
