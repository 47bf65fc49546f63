/**
 * Weaving three vectors of eight into 24 samples, and back. Each takes one permutation per vector, so that every sample
 * stands in the place it has in its triple, and blends: a shuffle of two vectors with free choice would cost ten times a
 * blend. The permutations are read from memory, because a constant in a loop is built anew each time.
 */
const PERMUTATIONS = memory.data<u8>([
  // Firsts, seconds and thirds of triples: 0 3 6 1 4 7 2 5, 5 0 3 6 1 4 7 2, 2 5 0 3 6 1 4 7.
  0, 1, 6, 7, 12, 13, 2, 3, 8, 9, 14, 15, 4, 5, 10, 11, 10, 11, 0, 1, 6, 7, 12, 13, 2, 3, 8, 9, 14, 15, 4, 5,
  4, 5, 10, 11, 0, 1, 6, 7, 12, 13, 2, 3, 8, 9, 14, 15,
  // The way back of the second; the other two are their own.
  2, 3, 8, 9, 14, 15, 4, 5, 10, 11, 0, 1, 6, 7, 12, 13,
])

/** Lanes 0, 3, 6 of the first vector, 1, 4, 7 of the second, 2, 5 of the third. */
function blend(first: v128, second: v128, third: v128): v128 {
  return v128.shuffle<i16>(
    v128.shuffle<i16>(first, second, 0, 9, 2, 3, 12, 5, 6, 15),
    third,
    0,
    1,
    10,
    3,
    4,
    13,
    6,
    7,
  )
}

/** Stores eight triples. */
export function storeTriples(target: usize, firsts: v128, seconds: v128, thirds: v128): void {
  const a = i8x16.swizzle(firsts, v128.load(PERMUTATIONS))
  const b = i8x16.swizzle(seconds, v128.load(PERMUTATIONS, 16))
  const c = i8x16.swizzle(thirds, v128.load(PERMUTATIONS, 32))
  v128.store(target, blend(a, b, c))
  v128.store(target, blend(c, a, b), 16)
  v128.store(target, blend(b, c, a), 32)
}

/** First samples of the eight triples in three vectors. */
export function firsts(x: v128, y: v128, z: v128): v128 {
  return i8x16.swizzle(blend(x, y, z), v128.load(PERMUTATIONS))
}

/** Second samples of the eight triples in three vectors. */
export function seconds(x: v128, y: v128, z: v128): v128 {
  return i8x16.swizzle(blend(z, x, y), v128.load(PERMUTATIONS, 48))
}

/** Third samples of the eight triples in three vectors. */
export function thirds(x: v128, y: v128, z: v128): v128 {
  return i8x16.swizzle(blend(y, z, x), v128.load(PERMUTATIONS, 32))
}
