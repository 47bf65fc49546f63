/**
 * Base64 of RFC 4648 §4 on vectors: 12 bytes are 16 characters. Both functions work in steps of 16 bytes and so read and
 * write up to 16 bytes past the end of what they were given.
 * Source of the method: W. Muła, D. Lemire, "Faster Base64 Encoding and Decoding Using AVX2 Instructions" (2018)
 */

/** Encodes whole groups of three bytes. Returns the number of characters. */
export function encode(source: usize, bytes: i32, target: usize): i32 {
  const groups = bytes / 3
  const end = target + 4 * groups
  while (target < end) {
    v128.store(target, letters(sextets(v128.load(source))))
    source += 12
    target += 16
  }
  return 4 * groups
}

/** Decodes whole groups of four characters without padding. Returns the number of bytes, or -1 when one is none. */
export function decode(source: usize, characters: i32, target: usize): i32 {
  const whole = characters & ~15
  let wrong = i8x16.splat(0)
  let at = 0
  for (; at < whole; at += 16) {
    const text = v128.load(source + at)
    wrong = v128.or(wrong, strangers(text))
    v128.store(target, packed(values(text)))
    target += 12
  }
  if (at < characters) {
    // What stands behind the text is taken for zeros, which are no letters but are not judged either.
    const rest = v128.and(v128.load(source + at), firstBytes(characters - at))
    wrong = v128.or(wrong, v128.and(strangers(rest), firstBytes(characters - at)))
    v128.store(target, packed(values(rest)))
  }
  return v128.any_true(wrong) ? -1 : (characters >> 2) * 3
}

/** Twelve bytes as sixteen sextets. */
function sextets(bytes: v128): v128 {
  // In each 32-bit lane the bytes of a group as b a c b: each sextet then lies within one half of the lane.
  const spread = i8x16.swizzle(bytes, i8x16(1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10))
  const first = v128.and(i16x8.shr_u(spread, 10), i32x4.splat(0x0000003f))
  const second = v128.and(i16x8.shl(spread, 4), i32x4.splat(0x00003f00))
  const third = v128.and(i16x8.shr_u(spread, 6), i32x4.splat(0x003f0000))
  const fourth = v128.and(i16x8.shl(spread, 8), i32x4.splat(0x3f000000))
  return v128.or(v128.or(first, second), v128.or(third, fourth))
}

/** The letter of each sextet: its distance from the sextet depends only on the range. */
function letters(sextet: v128): v128 {
  const beyondLower = i8x16.sub_sat_u(sextet, i8x16.splat(51))
  const isUpper = i8x16.gt_s(i8x16.splat(26), sextet)
  const range = v128.or(beyondLower, v128.and(isUpper, i8x16.splat(13)))
  const distances = i8x16(71, -4, -4, -4, -4, -4, -4, -4, -4, -4, -4, -19, -16, 65, 0, 0)
  return i8x16.add(sextet, i8x16.swizzle(distances, range))
}

/** Not zero in each byte that is no letter of base64: rows and columns of the ASCII table that do not go together. */
function strangers(text: v128): v128 {
  const rows = i8x16(0x10, 0x10, 1, 2, 4, 8, 4, 8, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10)
  const columns = i8x16(
    0x15,
    0x11,
    0x11,
    0x11,
    0x11,
    0x11,
    0x11,
    0x11,
    0x11,
    0x11,
    0x13,
    0x1a,
    0x1b,
    0x1b,
    0x1b,
    0x1a,
  )
  const row = i8x16.swizzle(rows, i8x16.shr_u(text, 4))
  return v128.and(row, i8x16.swizzle(columns, v128.and(text, i8x16.splat(15))))
}

/** The sextet of each letter. */
function values(text: v128): v128 {
  const distances = i8x16(0, 16, 19, 4, -65, -65, -71, -71, 0, 0, 0, 0, 0, 0, 0, 0)
  // The slash shares its row with the plus sign.
  const range = i8x16.add(i8x16.shr_u(text, 4), i8x16.eq(text, i8x16.splat(0x2f)))
  return i8x16.add(text, i8x16.swizzle(distances, range))
}

/** Sixteen sextets as twelve bytes, with four zeros behind them. */
function packed(sextet: v128): v128 {
  const pairs = v128.or(i16x8.shl(v128.and(sextet, i16x8.splat(0x00ff)), 6), i16x8.shr_u(sextet, 8))
  const groups = v128.or(i32x4.shl(v128.and(pairs, i32x4.splat(0x0000ffff)), 12), i32x4.shr_u(pairs, 16))
  return i8x16.swizzle(groups, i8x16(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1))
}

function firstBytes(count: i32): v128 {
  return i8x16.lt_s(i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15), i8x16.splat(<i8>count))
}
