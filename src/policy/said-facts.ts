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
const minutes = new Map(
  Object.entries({
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
  }),
)
const parts = new Map(
  Object.entries({
    half: 30,
    'a quarter': 15,
    quarter: 15,
    five: 5,
    ten: 10,
    twenty: 20,
  }),
)

/** Whole, or by its first letters. */
const month = `(${[...months, 'sept', ...months.map((name) => name.slice(0, 3))].join('|')})\\b`
const half = String.raw`(?:\s*([ap])\.?m\b\.?)`
const word = hours.join('|')
const minuteWord = [...minutes.keys()].toSorted((one, other) => other.length - one.length).join('|')

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
  `\\b(${[...parts.keys()].join('|')}) (past|to) (${word}|\\d{1,2})\\b${half}?`,
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
  return {
    times: timesIn(withoutSums),
    days: daysIn(text),
    weekdays: [
      ...matches(text, weekday).map(({ group, text: said }) => ({
        value: weekdays.indexOf(group(1)),
        text: said,
      })),
      ...matches(text, isoDay).flatMap(weekdayOf),
    ],
    sums: [...matches(text, before), ...matches(text, behind)].flatMap(sumOf),
    numbers: matches(withoutSums.replace(isoDay, ' '), manyDigits).map(({ text: said }) => ({
      value: said.replace(/[^0-9]/g, ''),
      text: said,
    })),
  }
}

/** A place where a pattern fits: what stands there, and its groups, empty where one is not part of it. */
type Found = { readonly text: string; readonly group: (index: number) => string }

function matches(text: string, pattern: RegExp): readonly Found[] {
  return [...text.matchAll(pattern)]
    .slice(0, MAX_FACTS)
    .map((found) => ({ text: found[0].trim(), group: (index) => found[index] ?? '' }))
}

function daysIn(text: string): readonly Said<string>[] {
  return [
    ...matches(text, isoDay).flatMap((found) => dayOf(found, [found.group(2), found.group(3)])),
    ...matches(text, dayThenMonth).flatMap((found) =>
      dayOf(found, [monthOf(found.group(2)), found.group(1)]),
    ),
    ...matches(text, monthThenDay).flatMap((found) =>
      dayOf(found, [monthOf(found.group(1)), found.group(2)]),
    ),
  ]
}

/** @param at number of the month and of the day, in digits */
function dayOf({ text }: Found, at: readonly [month: string, day: string]): readonly Said<string>[] {
  const value = at.map((number) => number.padStart(2, '0')).join('-')
  return /^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$/.test(value) ? [{ value, text }] : []
}

function monthOf(name: string): string {
  return String(months.findIndex((known) => known.startsWith(name.slice(0, 3))) + 1)
}

function weekdayOf(found: Found): readonly Said<number>[] {
  const { text } = found
  return dayOf(found, [found.group(2), found.group(3)]).map(() => ({
    value: Temporal.PlainDate.from(dateParts(text), { overflow: 'constrain' }).dayOfWeek % 7,
    text,
  }))
}

/** The thirty-first of a month of thirty days is read as its last day. */
function dateParts(iso: string): { readonly year: number; readonly month: number; readonly day: number } {
  return { year: Number(iso.slice(0, 4)), month: Number(iso.slice(5, 7)), day: Number(iso.slice(8)) }
}

/** What is read by one pattern is not read by the next: the end of "half past ten a.m." is no time of its own. */
function timesIn(text: string): readonly SaidTime[] {
  const rest = text.replace(isoTime, ' ')
  const withoutParts = rest.replace(spokenPart, ' ')
  const hoursAlone = withoutParts.replace(spoken, ' ')
  return [
    ...matches(text, isoTime).map((found) => timeOf(found, inDigits(found), 'exact')),
    ...matches(rest, spokenPart).map(partOf),
    ...matches(withoutParts, digital).map((found) => timeOf(found, inDigits(found), found.group(3))),
    ...matches(withoutParts, spoken).map((found) =>
      timeOf(found, [hourNamed(found.group(1)), Number(minutes.get(found.group(2)))], found.group(3)),
    ),
    ...[...matches(hoursAlone, wholeHour), ...matches(hoursAlone, spokenHour)].map((found) =>
      timeOf(found, [hourNamed(found.group(1)), 0], found.group(2)),
    ),
    ...matches(hoursAlone, noonOrMidnight).map((found) =>
      timeOf(found, [found.text === 'midnight' ? 0 : 12, 0], 'exact'),
    ),
  ].filter(({ value }) => value < 24 * 60)
}

function inDigits({ group }: Found): readonly [hour: number, minute: number] {
  return [Number(group(1)), Number(group(2))]
}

function hourNamed(name: string): number {
  return /^[0-9]/.test(name) ? Number(name) : hours.indexOf(name)
}

/** @param mark `a` or `p` before an m, `exact` for a time of 24 hours, empty where nothing tells */
function timeOf(
  { text }: Found,
  [hour, minute]: readonly [hour: number, minute: number],
  mark: string,
): SaidTime {
  const tellsItself = mark === '' && /^[0-9]/.test(text) && (hour > 12 || hour === 0)
  if (mark === 'exact' || tellsItself) return { value: hour * 60 + minute, text, isHalf: false }
  const first = (hour % 12) * 60 + minute
  return { value: first + (mark === 'p' ? 720 : 0), text, isHalf: mark === '' }
}

function partOf({ text, group }: Found): SaidTime {
  const shift = Number(parts.get(group(1))) * (group(2) === 'past' ? 1 : -1)
  const first = (hourNamed(group(3)) * 60 + shift + 1_440) % 720
  return { value: first + (group(4) === 'p' ? 720 : 0), text, isHalf: group(4) === '' }
}

/** Points and commas: the last of them with one or two digits behind it stands before the hundredths. */
function sumOf({ text, group }: Found): readonly Said<number>[] {
  const written = group(1)
  const point = written.search(/[.,][0-9]{1,2}$/)
  const units = point < 0 ? written : written.slice(0, point)
  const hundredths = point < 0 ? '' : written.slice(point + 1)
  const value = Number(units.replace(/[^0-9]/g, '')) * 100 + Number(hundredths.padEnd(2, '0'))
  return Number.isSafeInteger(value) ? [{ value, text }] : []
}
