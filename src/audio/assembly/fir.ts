/**
 * Stores eight samples as eight pairs, each sample behind the one before it: lane i of a load from pair n + i then holds
 * samples n + i - 1 and n + i, which is what the pairwise dot product of SIMD wants to see.
 */
export function storePairs(target: usize, before: v128, samples: v128): void {
  const previous = v128.shuffle<i16>(before, samples, 7, 8, 9, 10, 11, 12, 13, 14)
  v128.store(target, v128.shuffle<i16>(previous, samples, 0, 8, 1, 9, 2, 10, 3, 11))
  v128.store(target, v128.shuffle<i16>(previous, samples, 4, 12, 5, 13, 6, 14, 7, 15), 16)
}

/**
 * Stores sixteen sums of products, exact in 32 bits: sum n is of tapPairs pairs of taps with the pairs n, n + 2, n + 4 …
 * behind window. Two pairs of taps further on, a vector has to hold what its neighbour holds now, so the even ones are
 * taken in one pass and the odd ones in another: a step then loads one new vector and hands three on.
 * @param taps pairs of taps, all even ones, then all odd ones
 */
export function convolve(window: usize, taps: usize, tapPairs: usize, sums: usize): void {
  let a = i32x4.splat(0)
  let b = i32x4.splat(0)
  let c = i32x4.splat(0)
  let d = i32x4.splat(0)
  for (let pass: usize = 0; pass < 2; pass++) {
    let at = window + 8 * pass
    let w = v128.load(at)
    let x = v128.load(at, 16)
    let y = v128.load(at, 32)
    for (const end = taps + 2 * tapPairs; taps < end; taps += 4) {
      const tap = v128.load32_splat(taps)
      const z = v128.load(at, 48)
      a = i32x4.add(a, i32x4.dot_i16x8_s(w, tap))
      b = i32x4.add(b, i32x4.dot_i16x8_s(x, tap))
      c = i32x4.add(c, i32x4.dot_i16x8_s(y, tap))
      d = i32x4.add(d, i32x4.dot_i16x8_s(z, tap))
      w = x
      x = y
      y = z
      at += 16
    }
  }
  v128.store(sums, a)
  v128.store(sums, b, 16)
  v128.store(sums, c, 32)
  v128.store(sums, d, 48)
}

/** Copies whole vectors between areas that do not overlap. */
export function copyVectors(target: usize, source: usize, bytes: usize): void {
  for (let at: usize = 0; at < bytes; at += 16) v128.store(target + at, v128.load(source + at))
}
