/** What a text says that can be compared: times of day, days, sums of money, and numbers of many digits. */
export type SaidFacts = {
  readonly times: readonly SaidTime[]
  /** Month and day, `11-24`. */
  readonly days: readonly Said<string>[]
  /** From 0 for Sunday. */
  readonly weekdays: readonly Said<number>[]
  /** In hundredths of whatever currency. */
  readonly sums: readonly Said<number>[]
  /** Digits alone, five or more. */
  readonly numbers: readonly Said<string>[]
}

/** Something that was said, as it was said. */
export type Said<Value> = { readonly value: Value; readonly text: string }

/** Minutes since midnight; of a time that may be in either half of the day those of the first. */
export type SaidTime = Said<number> & { readonly isHalf: boolean }

/** What is read of a text, in characters, and of each kind. */
const MAX_LENGTH = 8_000
const MAX_FACTS = 100

const months = 'january february march april may june july august september october november december'.split(
  ' ',
)
const weekdays = 'sunday monday tuesday wednesday thursday friday saturday'.split(' ')
const hours = 'twelve one two three four five six seven eight nine ten eleven'.split(' ')
const minutes: Readonly<Record<string, number>> = {
  "o'clock": 0,
  'oh five': 5,
  ten: 10,
  fifteen: 15,
  twenty: 20,
  'twenty five': 25,
  thirty: 30,
  'thirty five': 35,
  forty: 40,
  'forty five': 45,
  fifty: 50,
  'fifty five': 55,
}
const parts: Readonly<Record<string, number>> = {
  half: 30,
  'a quarter': 15,
  quarter: 15,
  five: 5,
  ten: 10,
  twenty: 20,
}

/** Whole, or by its first letters. */
const month = `(${[...months, 'sept', ...months.map((name) => name.slice(0, 3))].join('|')})\\b`
const half = String.raw`(?:\s*([ap])\.?m\b\.?)`
const word = hours.join('|')
const minuteWord = Object.keys(minutes)
  .toSorted((one, other) => other.length - one.length)
  .join('|')

const isoDay = /(?<![0-9])(\d{4})-(\d\d)-(\d\d)(?![0-9])/g
const dayThenMonth = new RegExp(`\\b(\\d{1,2})(?:st|nd|rd|th)?(?: of)? ${month}`, 'g')
const monthThenDay = new RegExp(`\\b${month}\\.? (?:the )?(\\d{1,2})(?:st|nd|rd|th)?\\b(?!:)`, 'g')
const weekday = new RegExp(`\\b(${weekdays.join('|')})s?\\b`, 'g')
const digital = new RegExp(String.raw`(?<![0-9:.,])(\d{1,2})[:.]([0-5]\d)(?![0-9:]|\.\d)${half}?`, 'g')
const isoTime = /(?<=\dt)(\d\d):(\d\d)/g
const wholeHour = new RegExp(String.raw`(?<![0-9:.,])(\d{1,2})(?:${half}| o'clock\b)`, 'g')
const spoken = new RegExp(`\\b(${word})[ -](${minuteWord})\\b${half}?`, 'g')
const spokenHour = new RegExp(`\\b(${word})${half}`, 'g')
const spokenPart = new RegExp(
  `\\b(${Object.keys(parts).join('|')}) (past|to) (${word}|\\d{1,2})\\b${half}?`,
  'g',
)
const noonOrMidnight = /\b(noon|midday|midnight)\b/g
const before = /(?:[$€£]|\b(?:usd|eur|gbp))\s?(\d[\d,.]*\d|\d)/g
const behind = /(?<![0-9.,])(\d[\d,.]*\d|\d)\s?(?:[€£]|(?:dollars?|euros?|pounds?|usd|eur|gbp)\b)/g
const manyDigits = /(?<![0-9a-z_])\+?\d(?:[ ().-]{0,2}\d){4,20}(?![0-9a-z_])/g

/** Reads the facts of a text: English words, and what is written in digits. Linear in its length. */
export function factsIn(given: string): SaidFacts {
  const text = given.slice(0, MAX_LENGTH).normalize('NFKC').replaceAll('’', "'").toLowerCase()
  const withoutSums = text.replace(before, ' ').replace(behind, ' ')
  const sums = [...matches(text, before), ...matches(text, behind)].flatMap(sumOf)
  return {
    times: timesIn(withoutSums),
    days: daysIn(text),
    weekdays: [
      ...matches(text, weekday).map((found) => ({ value: weekdays.indexOf(found[1] ?? ''), text: found[0] })),
      ...matches(text, isoDay).map((found) => ({ value: weekdayOf(found), text: found[0] })),
    ].filter(({ value }) => value >= 0),
    sums,
    numbers: matches(withoutSums.replace(isoDay, ' '), manyDigits).flatMap((found) => {
      const value = found[0].replace(/[^0-9]/g, '')
      return value.length >= 5 ? [{ value, text: found[0].trim() }] : []
    }),
  }
}

function matches(text: string, pattern: RegExp): readonly RegExpExecArray[] {
  return [...text.matchAll(pattern)].slice(0, MAX_FACTS)
}

function daysIn(text: string): readonly Said<string>[] {
  return [
    ...matches(text, isoDay).flatMap((found) => dayOf(Number(found[2]), Number(found[3]), found[0])),
    ...matches(text, dayThenMonth).flatMap((found) => dayOf(monthOf(found[2]), Number(found[1]), found[0])),
    ...matches(text, monthThenDay).flatMap((found) => dayOf(monthOf(found[1]), Number(found[2]), found[0])),
  ]
}

function dayOf(monthNumber: number, dayNumber: number, text: string): readonly Said<string>[] {
  if (monthNumber < 1 || monthNumber > 12 || dayNumber < 1 || dayNumber > 31) return []
  return [{ value: `${String(monthNumber).padStart(2, '0')}-${String(dayNumber).padStart(2, '0')}`, text }]
}

function monthOf(name = ''): number {
  return months.findIndex((known) => known.startsWith(name.slice(0, 3))) + 1
}

function weekdayOf(found: RegExpExecArray): number {
  const date = Temporal.PlainDate.from(
    { year: Number(found[1]), month: Number(found[2]) || 1, day: Number(found[3]) || 1 },
    { overflow: 'constrain' },
  )
  return date.dayOfWeek % 7
}

function timesIn(text: string): readonly SaidTime[] {
  const rest = text.replace(isoTime, ' ')
  return [
    ...matches(text, isoTime).map((found) => timeOf(found, [Number(found[1]), Number(found[2])], 'exact')),
    ...matches(rest, digital).map((found) => timeOf(found, [Number(found[1]), Number(found[2])], found[3])),
    ...matches(rest, wholeHour).map((found) => timeOf(found, [Number(found[1]), 0], found[2])),
    ...matches(rest, spoken).map((found) =>
      timeOf(found, [hourNamed(found[1]), minutes[found[2] ?? ''] ?? 0], found[3]),
    ),
    ...matches(rest, spokenHour).map((found) => timeOf(found, [hourNamed(found[1]), 0], found[2])),
    ...matches(rest, spokenPart).map(partOf),
    ...matches(rest, noonOrMidnight).map((found) =>
      timeOf(found, [found[0] === 'midnight' ? 0 : 12, 0], 'exact'),
    ),
  ].filter(({ value }) => value >= 0 && value < 24 * 60)
}

function hourNamed(name = ''): number {
  return /^\d/.test(name) ? Number(name) : hours.indexOf(name)
}

/** @param mark `a` or `p` before an m, `exact` for a time of 24 hours, undefined where nothing tells */
function timeOf(
  found: RegExpExecArray,
  [hour, minute]: readonly [hour: number, minute: number],
  mark: string | undefined,
): SaidTime {
  const text = found[0].trim()
  const tellsItself = mark === undefined && /^\d/.test(text) && (hour > 12 || hour === 0)
  if (mark === 'exact' || tellsItself) return { value: hour * 60 + minute, text, isHalf: false }
  const first = (hour % 12) * 60 + minute
  if (mark === undefined) return { value: first, text, isHalf: true }
  return { value: first + (mark === 'p' ? 720 : 0), text, isHalf: false }
}

function partOf(found: RegExpExecArray): SaidTime {
  const [, part = '', side, hourText, mark] = found
  const shift = (parts[part] ?? 0) * (side === 'past' ? 1 : -1)
  const first = (hourNamed(hourText) * 60 + shift + 1_440) % 720
  const value = first + (mark === 'p' ? 720 : 0)
  return { value, text: found[0].trim(), isHalf: mark === undefined }
}

/** Points and commas: the last of them with one or two digits behind it stands before the hundredths. */
function sumOf(found: RegExpExecArray): readonly Said<number>[] {
  const written = found[1] ?? ''
  const [, whole = '', rest = ''] = /^(.*?)(?:[.,](\d{1,2}))?$/.exec(written) ?? []
  const units = Number(whole.replace(/[^0-9]/g, ''))
  const value = units * 100 + Number(rest.padEnd(2, '0'))
  return Number.isSafeInteger(value) ? [{ value, text: found[0].trim() }] : []
}
