import { numberFacts } from '../lib/phone-number.ts'
import type { EventTime } from './errand.ts'

/** How much of a text is read out. */
export type Excerpt = { readonly maxWords: number }

const MAX_WORD_LENGTH = 40
const MAX_LINE_LENGTH = 80
/**
 * A text made fit to be read out inside a question: no quotation marks, no line ends, nothing invisible, no signs that
 * would end the question before its end.
 */
export function plainLine(text: string): string {
  return cut(plain(text), MAX_LINE_LENGTH)
}

/** The first words of a text, and how many there are: "Hello Ann how are you, 12 words". */
export function excerptOf(text: string, { maxWords }: Excerpt): string {
  const words = plainWords(text)
  if (words.length === 0) return 'without a word'
  const shown = words.slice(0, maxWords).map((word) => cut(word, MAX_WORD_LENGTH))
  const more = words.length > maxWords ? ' and so on' : ''
  return `${shown.join(' ')}${more}, ${words.length} ${words.length === 1 ? 'word' : 'words'}`
}

/**
 * A number in the groups in which people read it, its last four digits always together: "1 415 555 0123". Whoever
 * listens for them finds them, also where a country reads pairs.
 */
export function numberInGroups(e164: string): string {
  const groups = groupsOf(e164)
  const digits = groups.join('')
  let left = digits.length - 4
  const before = groups.map((group) => {
    const shown = group.slice(0, Math.max(0, left))
    left -= group.length
    return shown
  })
  return [...before.filter((group) => group !== ''), digits.slice(-4)].join(' ')
}

/** A number digit by digit: "1, 4 1 5, 5 5 5, 0 1 2 3". */
export function numberInDigits(e164: string): string {
  return groupsOf(e164)
    .map((group) => Array.from(group).join(' '))
    .join(', ')
}

/** An address sign by sign as it is said: "ann dot miller at example dot org". */
export function spokenAddress(address: string): string {
  const said = address.replaceAll(/[^\p{L}\p{M}\p{N}]/gu, (sign) => ` ${signs.get(sign) ?? 'another sign'} `)
  return said.replaceAll(/ +/g, ' ').trim()
}

/** When an event is, with its zone: "Tuesday, 24 November 2026, 10:30 AM to 11 AM, London time". */
export function spokenTime({ start, end, timeZone }: Omit<EventTime, 'title'>): string {
  const from = localTime(start)
  const to = end === undefined ? undefined : localTime(end)
  const until =
    to === undefined ? '' : ` to ${to.toPlainDate().equals(from.toPlainDate()) ? clock(to) : moment(to)}`
  return `${moment(from)}${until}, ${spokenZone(timeZone)}`
}

/** A zone by its city: "New York time". */
export function spokenZone(timeZone: string): string {
  const city = timeZone.slice(timeZone.lastIndexOf('/') + 1)
  return `${plainLine(city.replaceAll('_', ' '))} time`
}

const signs: ReadonlyMap<string, string> = new Map([
  ['@', 'at'],
  ['.', 'dot'],
  ['-', 'dash'],
  ['_', 'underscore'],
  ['+', 'plus'],
])

function plain(text: string): string {
  return plainWords(text).join(' ')
}

/** The words that can be said; a comma stands for whatever parted them and would end the question. Linear. */
function plainWords(text: string): readonly string[] {
  const words = text
    .normalize('NFKC')
    .replaceAll(/["“”„‟«»″〝〞\\<>[\]{}|`?!…\p{C}\p{Z}]/gu, ' ')
    .split(' ')
    .map((word) => ({ word, said: word.slice(0, lengthWithoutStop(word)) }))
    .filter(({ said }) => said !== '')
  return words.map(({ word, said }, at) => (word === said || at === words.length - 1 ? said : `${said},`))
}

function lengthWithoutStop(word: string): number {
  let length = word.length
  while (length > 0 && '.,;:'.includes(word.charAt(length - 1))) length -= 1
  return length
}

function cut(text: string, maxLength: number): string {
  const characters = Array.from(text)
  return characters.length <= maxLength ? text : characters.slice(0, maxLength).join('')
}

function groupsOf(e164: string): readonly string[] {
  return numberFacts(e164)?.groups ?? [e164.replaceAll(/[^0-9]/g, '')]
}

/** @throws RangeError when it is no local date and time */
function localTime(text: string): Temporal.PlainDateTime {
  return Temporal.PlainDateTime.from(text)
}

function moment(time: Temporal.PlainDateTime): string {
  const weekday = time.toLocaleString('en', { weekday: 'long' })
  const month = time.toLocaleString('en', { month: 'long' })
  return `${weekday}, ${time.day} ${month} ${time.year}, ${clock(time)}`
}

function clock({ hour, minute }: Temporal.PlainDateTime): string {
  if (hour % 12 === 0 && minute === 0) return hour === 0 ? 'midnight' : 'noon'
  const minutes = minute === 0 ? '' : `:${String(minute).padStart(2, '0')}`
  return `${hour % 12 === 0 ? 12 : hour % 12}${minutes} ${hour < 12 ? 'AM' : 'PM'}`
}
