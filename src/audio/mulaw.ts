/** What stands between a magnitude and the segments of the code. Source: ITU-T G.191, G.711 module */
const BIAS = 132

/** The 256 values of G.711 µ-law as 16-bit linear PCM. Source: ITU-T G.711 (11/88), table 2a */
export const MULAW_VALUES: Readonly<Int16Array> = Int16Array.from({ length: 256 }, (_, code) => valueOf(code))

/**
 * The G.711 µ-law code of a 16-bit sample; beyond 16 bits the code of full scale. −1 is 0x7F and 0 is 0xFF, as in the
 * ITU's own test sweep; other well-known encoders differ from it on about 500 inputs, always by one level.
 */
export function mulawCode(sample: number): number {
  const sign = sample >> 31
  const magnitude = Math.min((sample ^ sign) + BIAS, 0x7fff)
  const exponent = 24 - Math.clz32(magnitude)
  const mantissa = (magnitude >> (exponent + 3)) & 0x0f
  return ((exponent << 4) | mantissa) ^ (0xff ^ (sign & 0x80))
}

/**
 * Decodes G.711 µ-law to linear PCM, one sample per byte.
 * @param source µ-law bytes, any length
 * @param target receives source.length samples, 16-bit signed, host order
 * @throws RangeError if target is shorter than source
 */
export function decodeMulaw(source: Uint8Array, target: Int16Array): void {
  if (target.length < source.length) throw tooShort('decode', source.length, target.length)
  for (let at = 0; at < source.length; at++) target[at] = MULAW_VALUES[source[at]!]!
}

/**
 * Encodes linear PCM as G.711 µ-law, one byte per sample.
 * @param source samples, 16-bit signed, host order, any length
 * @param target receives source.length bytes
 * @throws RangeError if target is shorter than source
 */
export function encodeMulaw(source: Int16Array, target: Uint8Array): void {
  if (target.length < source.length) throw tooShort('encode', source.length, target.length)
  for (let at = 0; at < source.length; at++) target[at] = mulawCode(source[at]!)
}

function valueOf(code: number): number {
  const bits = ~code & 0xff
  const magnitude = ((((bits & 0x0f) << 3) + BIAS) << ((bits >> 4) & 0x07)) - BIAS
  return bits & 0x80 ? -magnitude : magnitude
}

function tooShort(verb: string, samples: number, places: number): RangeError {
  return new RangeError(`Cannot ${verb}: ${samples} samples do not fit into ${places} places`)
}
