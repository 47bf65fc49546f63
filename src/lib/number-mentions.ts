import { parsePhoneNumberFromString } from 'libphonenumber-js/max'

const words = [
  'zero|oh|o|null|cero',
  'one|eins|uno',
  'two|zwei|zwo|dos',
  'three|drei|tres',
  'four|vier|cuatro',
  'five|fünf|cinco',
  'six|sechs|seis',
  'seven|sieben|siete',
  'eight|acht|ocho',
  'nine|neun|nueve',
].map((names) => names.split('|'))

const digitOf: ReadonlyMap<string, string> = new Map(
  words.flatMap((names, digit) => [String(digit), ...names].map((name) => [name, String(digit)] as const)),
)
const timesOf: ReadonlyMap<string, number> = new Map([
  ['double', 2],
  ['doppel', 2],
  ['doble', 2],
  ['triple', 3],
  ['treble', 3],
])

/**
 * One of what people put between digits: brackets, dashes, dots, spaces, line breaks. NFKC makes three dots of an
 * ellipsis. A sign of money ends a number.
 */
const gap = String.raw`(?:\.{3}|[\s\p{P}\p{Sm}\p{Sk}\p{So}\p{M}\p{Cf}])`
const times = Array.from(timesOf.keys()).join('|')
// The longer first: "ocho" begins with the letter that also stands for a zero.
const written = Array.from(digitOf.keys())
  .toSorted((one, other) => other.length - one.length)
  .join('|')
const digit = `(?:(?<times>${times})${gap}{1,4})?(?<digit>${written})`
const unnamed = digit.replaceAll(/\?<[a-z]+>/g, '?:')
const digits = new RegExp(digit, 'giu')
/** A word begins a run only where it begins itself: the last letters of "phone" are no digit. */
const runs = new RegExp(`(?:(?<!\\p{L})${unnamed}|[0-9])(?:${gap}{0,4}${unnamed})+`, 'giu')

const day = '(?:0?[1-9]|[12][0-9]|3[01])'
const year = '(?:19|20)[0-9]{2}'
/** Days and times of day, as nobody groups a telephone number. */
const moments = new RegExp(
  [
    `(?<![0-9])${year}-(?:0[1-9]|1[0-2])-${day}(?![0-9])`,
    `(?<![0-9./-])${day}(?<mark>[./-])${day}\\k<mark>${year}(?![0-9])`,
    '(?<![0-9:])(?:[01]?[0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?(?![0-9:])',
  ].join('|'),
  'g',
)
/** A number by its thousands, and one with decimals. */
const amount = /^(?:[0-9]{1,2}(?<mark>[,.'’])[0-9]{3}(?:\k<mark>[0-9]{3})+|[1-9][0-9]?[.,][0-9]{5,})$/u
/** So few digits without the code of their country may be anything. */
const minNationalDigits = 6

/** How a phone number is found in texts. Both take time in proportion to the text. */
export type Mentions = {
  readonly isIn: (text: string) => boolean
  /** The text with an ellipsis for each mention; where there is one it is also brought to Unicode's form NFKC. */
  readonly struckFrom: (text: string) => string
}

/**
 * Finds a phone number in a text however it is written: with or without its country code and what is dialled before that,
 * with up to four spaces, brackets, dashes and other signs between two digits, digit by digit, with a letter O for a zero,
 * and in digit words, also double and triple, of the languages that callers are spoken to in. Days, times of day, sums of
 * money and decimals are no mentions.
 * @param e164 the number, E.164
 */
export function mentionsOf(e164: string): Mentions {
  const form = formOf(e164)
  return {
    isIn: (text) => spansIn(text.normalize('NFKC'), form).length > 0,
    struckFrom: (text) => {
      const plain = text.normalize('NFKC')
      const spans = spansIn(plain, form)
      if (spans.length === 0) return text
      let kept = ''
      let from = 0
      for (const { start, end } of spans) {
        kept += `${plain.slice(from, start)}…`
        from = end
      }
      return kept + plain.slice(from)
    },
  }
}

type Span = { readonly start: number; readonly end: number }
type Digit = Span & { readonly value: string }
/** The digits after the country code, and what may stand before them, the longest first. */
type Form = { readonly national: string; readonly prefixes: readonly string[] }

function formOf(e164: string): Form {
  const parsed = parsePhoneNumberFromString(e164)
  if (!parsed) return { national: e164.slice(1), prefixes: ['011', '00', ''] }
  const { countryCallingCode: code, nationalNumber: national } = parsed
  // What is dialled before it within the country, such as 8 in Russia; 0 is written in many where it is not dialled.
  const dialled = parsed.formatNational().replaceAll(/[^0-9]/g, '')
  const trunk = dialled.endsWith(national) ? dialled.slice(0, -national.length) : ''
  const trunks = Array.from(new Set([trunk, '0', '']))
  const codes = [`011${code}`, `00${code}`, code, ...(national.length < minNationalDigits ? [] : [''])]
  const prefixes = codes.flatMap((before) => trunks.map((after) => before + after))
  return { national, prefixes: prefixes.toSorted((one, other) => other.length - one.length) }
}

function spansIn(text: string, form: Form): readonly Span[] {
  const plain = text.replaceAll(moments, (moment) => 'x'.repeat(moment.length))
  const spans: Span[] = []
  for (const run of plain.matchAll(runs)) {
    const said = digitsIn(run)
    const values = said.map(({ value }) => value).join('')
    let at = values.indexOf(form.national)
    while (at >= 0) {
      const span = spanAt(plain, { said, values, at, form })
      const next = span ? at + form.national.length : at + 1
      if (span) spans.push(span)
      at = values.indexOf(form.national, next)
    }
  }
  return spans
}

function digitsIn(run: RegExpExecArray): readonly Digit[] {
  return Array.from(run[0].matchAll(digits)).flatMap((found) => {
    const start = run.index + found.index
    const value = digitOf.get((found.groups?.['digit'] ?? '').toLowerCase()) ?? ''
    const count = timesOf.get((found.groups?.['times'] ?? '').toLowerCase()) ?? 1
    return Array.from({ length: count }, () => ({ value, start, end: start + found[0].length }))
  })
}

/** Where the mention is whose national digits begin at an index; undefined when they are part of something else. */
function spanAt(
  text: string,
  found: {
    readonly said: readonly Digit[]
    readonly values: string
    readonly at: number
    readonly form: Form
  },
): Span | undefined {
  const { said, values, at, form } = found
  const last = at + form.national.length - 1
  if (isJoined(said, last + 1)) return undefined
  const prefix = form.prefixes.find((digitsBefore) => {
    const from = at - digitsBefore.length
    return from >= 0 && values.startsWith(digitsBefore, from) && !isJoined(said, from)
  })
  if (prefix === undefined) return undefined
  const start = said[at - prefix.length]?.start ?? 0
  const end = said[last]?.end ?? 0
  if (prefix === '' && isSum(text, { start, end })) return undefined
  const marks = /[+(]{0,2}$/.exec(text.slice(Math.max(0, start - 2), start))?.[0] ?? ''
  return { start: start - marks.length, end }
}

/** Whether a digit follows the one before it without anything between them. */
function isJoined(said: readonly Digit[], index: number): boolean {
  const before = said[index - 1]
  const after = said[index]
  return before !== undefined && after !== undefined && before.end >= after.start
}

function isSum(text: string, { start, end }: Span): boolean {
  return (
    amount.test(text.slice(start, end)) ||
    /\p{Sc}\s?$/u.test(text.slice(Math.max(0, start - 2), start)) ||
    /^\s?\p{Sc}/u.test(text.slice(end, end + 2))
  )
}
