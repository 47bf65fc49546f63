import { seededRandom as numberedRandom } from '../caller/random.ts'

/** Repeatable randomness: the same seed gives the same run. */
export type SeededRandom = {
  /** The next number, at least 0 and below 1. */
  next(): number
  /** A whole number from low to high, both included. */
  between(low: number, high: number): number
  /** True with the given probability. */
  chance(probability: number): boolean
  /** A letter-and-digit text of the given length, for identifiers. */
  word(length: number): string
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/**
 * A generator of repeatable randomness.
 * @param seed any text; different texts give unrelated sequences
 */
export function seededRandom(seed: string): SeededRandom {
  const source = numberedRandom(hash(seed))
  return {
    next: () => source.next(),
    between: (low, high) => low + source.whole(high - low + 1),
    chance: (probability) => source.next() < probability,
    word: (length) => Array.from({ length }, () => LETTERS.charAt(source.whole(LETTERS.length))).join(''),
  }
}

/** FNV-1a: spreads similar texts far apart. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let index = 0; index < text.length; index++) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193)
  }
  return value >>> 0
}
