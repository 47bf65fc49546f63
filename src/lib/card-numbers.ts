/** Ids of calls, streams, accounts: full of digits that look like other things. */
const twilioId = /\b([A-Z]{2}[0-9a-f]{32})\b/

const digitOfWord: ReadonlyMap<string, string> = new Map([
  ['oh', '0'],
  ...['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'].map(
    (word, digit) => [word, String(digit)] as const,
  ),
])

/** Digits and digit words, however people and transcripts part them: "4242 4242", "4-2-4-2", "four, two, four". */
const digit = String.raw`(?:[0-9]|\b(?:${[...digitOfWord.keys()].join('|')})\b)`
const digitRun = String.raw`${digit}(?:[\s,.\-–]{0,3}${digit}){12,}`
const anyRun = new RegExp(digitRun, 'i')
const run = new RegExp(digitRun, 'gi')
const oneDigit = new RegExp(digit, 'gi')

/**
 * A text without the numbers of payment cards, each of them an ellipsis: 13 to 19 digits that pass Luhn's check, also as
 * English digit words. Linear in the text's length.
 */
export function withoutCardNumbers(text: string): string {
  // Nearly always.
  if (!anyRun.test(text)) return text
  return text
    .split(twilioId)
    .map((part, index) =>
      index % 2 === 1 ? part : part.replace(run, (found) => (holdsCardNumber(digitsOf(found)) ? '…' : found)),
    )
    .join('')
}

/**
 * JSON text without card numbers in its values; unchanged when there are none. What is no JSON is taken for plain text.
 */
export function jsonWithoutCardNumbers(json: string): string {
  const cleanValue = (_key: string, value: unknown): unknown => {
    if (typeof value !== 'string' && typeof value !== 'number') return value
    const written = String(value)
    const clean = withoutCardNumbers(written)
    return clean === written ? value : clean
  }
  try {
    const value: unknown = JSON.parse(json)
    const clean: unknown = JSON.parse(json, cleanValue)
    const text = JSON.stringify(clean)
    return text === JSON.stringify(value) ? json : text
  } catch {
    return withoutCardNumbers(json)
  }
}

function digitsOf(found: string): string {
  return Array.from(found.matchAll(oneDigit), ([one]) => digitOfWord.get(one.toLowerCase()) ?? one).join('')
}

/** Whether 13 to 19 neighbouring digits pass the check of ISO/IEC 7812-1, annex B (Luhn). */
function holdsCardNumber(digits: string): boolean {
  for (let end = digits.length; end >= 13; end -= 1) {
    let sum = 0
    for (let length = 1; length <= 19 && length <= end; length += 1) {
      const value = digits.charCodeAt(end - length) - 48
      const weighted = length % 2 === 0 ? value * 2 : value
      sum += weighted > 9 ? weighted - 9 : weighted
      if (length >= 13 && sum % 10 === 0) return true
    }
  }
  return false
}
