/**
 * G.711 µ-law on vectors, without a table. A code is a small floating-point number: sign, three bits of exponent, four of
 * mantissa. Source: ITU-T G.711 (11/88), table 2a, with the bias of ITU-T G.191.
 */

/** Two to the power of each code's exponent, one byte per code. */
export function powers(codes: v128): v128 {
  const exponents = v128.andnot(i8x16.splat(7), i16x8.shr_u(codes, 4))
  return i8x16.swizzle(i8x16(1, 2, 4, 8, 16, 32, 64, -128, 0, 0, 0, 0, 0, 0, 0, 0), exponents)
}

/** What the power is multiplied with: twice the mantissa and the bias, with the sign of the sample. */
export function mantissas(codes: v128): v128 {
  const bits = v128.andnot(i8x16.splat(15), codes)
  return signed(codes, i8x16.add(i8x16.add(bits, bits), i8x16.splat(33)))
}

/** What is taken off again in the end: the bias, with the sign of the sample. */
export function biases(codes: v128): v128 {
  return signed(codes, i8x16.splat(33))
}

function signed(codes: v128, magnitudes: v128): v128 {
  const negative = i8x16.gt_s(codes, i8x16.splat(-1))
  return i8x16.sub(v128.xor(magnitudes, negative), negative)
}

/**
 * Encodes four samples, one in each 32-bit lane, to four codes in the lanes. The machine's own conversion to float finds
 * the segment. Samples beyond 16 bits get the code of full scale, so nothing has to be clipped before.
 */
export function encodeFour(samples: v128): v128 {
  const negative = i32x4.shr_s(samples, 31)
  const biased = i32x4.min_s(i32x4.add(v128.xor(samples, negative), i32x4.splat(132)), i32x4.splat(0x7fff))
  // Bits 19 and up of a float: 127 + exponent, then four bits of mantissa. The least is 132, whose exponent is 7.
  const level = i32x4.sub(i32x4.shr_u(f32x4.convert_i32x4_s(biased), 19), i32x4.splat((127 + 7) << 4))
  return v128.xor(level, v128.xor(v128.and(negative, i32x4.splat(0x80)), i32x4.splat(0xff)))
}
