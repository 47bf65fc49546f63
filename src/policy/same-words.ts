import { withoutDigitWord } from './digit-words.ts'

/**
 * Whether two texts sound the same: lower-case letters and digits only, words for one digit read as that digit. "Press
 * one, 4-1-5" and "press 1: four one five!" do; whatever says more, less or something else does not.
 */
export function sameWords(one: string, other: string): boolean {
  return soundOf(one) === soundOf(other)
}

function soundOf(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .split(/[^\p{L}\p{M}\p{N}]+/u)
    .map(withoutDigitWord)
    .join('')
}
