/** Seeded random numbers: the same seed gives the same run. */
export type Random = {
  /** A number in [0, 1). */
  next(): number
  /** A whole number in [0, below). */
  whole(below: number): number
  /** Lower-case hexadecimal digits. */
  hex(digits: number): string
}

/**
 * Makes a random source from a seed; good enough for noise and identifiers, not for secrets.
 * @param seed any number; its low 32 bits count
 * Source: mulberry32, Tommy Ettinger 2017, public domain
 */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const whole = (below: number): number => Math.floor(next() * below)
  return {
    next,
    whole,
    hex: (digits) => Array.from({ length: digits }, () => whole(16).toString(16)).join(''),
  }
}
