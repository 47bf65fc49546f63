/** English words for one digit. "Oh" is how many people say zero inside a number. */
const digits: ReadonlyMap<string, string> = new Map([
  ...['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'].map(
    (word, digit) => [word, String(digit)] as const,
  ),
  ['oh', '0'],
])

/** A word for one digit as that digit; any other word as it is. */
export function withoutDigitWord(word: string): string {
  return digits.get(word) ?? word
}
