const INVALID = 0x40
const PAD = 0x3d

const alphabet = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/')
const sextets = new Uint8Array(256).fill(INVALID)
for (const [value, code] of alphabet.entries()) sextets[code] = value

/**
 * Encodes the bytes from `from` on, one group of three after another, with padding.
 * @returns the index behind the last character
 */
export function scalarEncode(
  bytes: { readonly source: Uint8Array; readonly from: number },
  target: Uint8Array,
  at: number,
): number {
  const { source, from } = bytes
  let end = at
  for (let index = from; index < source.length; index += 3) {
    const left = source.length - index
    const group = (byteAt(source, index) << 16) | (byteAt(source, index + 1) << 8) | byteAt(source, index + 2)
    target[end] = letter(group >> 18)
    target[end + 1] = letter((group >> 12) & 0x3f)
    target[end + 2] = left > 1 ? letter((group >> 6) & 0x3f) : PAD
    target[end + 3] = left > 2 ? letter(group & 0x3f) : PAD
    end += 4
  }
  return end
}

/**
 * Decodes groups of four characters, of which the last may be padded.
 * @param text a range of a multiple of four characters
 * @returns the index behind the last byte, or -1 where a character, padding or an unused bit is wrong
 */
export function scalarDecode(
  text: { readonly source: Uint8Array; readonly from: number; readonly to: number },
  target: Uint8Array,
  at: number,
): number {
  const { source, from, to } = text
  const padding = to === from || source[to - 1] !== PAD ? 0 : source[to - 2] !== PAD ? 1 : 2
  const whole = padding === 0 ? to : to - 4
  let seen = 0
  let end = at
  for (let index = from; index < whole; index += 4) {
    const first = sextet(source, index)
    const second = sextet(source, index + 1)
    const third = sextet(source, index + 2)
    const fourth = sextet(source, index + 3)
    seen |= first | second | third | fourth
    target[end] = (first << 2) | (second >> 4)
    target[end + 1] = (second << 4) | (third >> 2)
    target[end + 2] = (third << 6) | fourth
    end += 3
  }
  if (padding > 0) {
    const first = sextet(source, whole)
    const second = sextet(source, whole + 1)
    const third = padding === 1 ? sextet(source, whole + 2) : 0
    seen |= first | second | third
    const unused = padding === 1 ? third & 0x03 : second & 0x0f
    if (unused !== 0) return -1
    target[end] = (first << 2) | (second >> 4)
    if (padding === 1) target[end + 1] = (second << 4) | (third >> 2)
    end += 3 - padding
  }
  return (seen & INVALID) === 0 ? end : -1
}

function sextet(source: Uint8Array, index: number): number {
  return sextets[source[index] ?? 0] ?? INVALID
}

function letter(value: number): number {
  return alphabet[value] ?? 0
}

function byteAt(source: Uint8Array, index: number): number {
  return source[index] ?? 0
}
