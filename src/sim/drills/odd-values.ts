import type { Random } from '../caller/random.ts'

/** Numbers at the edges of what programs expect, as JSON writes them; the last ones are no JSON. */
const numbers = (
  '0 -0 -1 1 0.5 -0.0001 1e3 1E+2 127 128 255 256 65535 65536 2147483647 2147483648 -2147483649 4294967296 ' +
  '9007199254740991 9007199254740993 1e15 1e21 1e308 -1e308 1e-308 5e-324 1e999 -1e999 253402300800 8.64e15 ' +
  'NaN Infinity -Infinity 01 1. .5 0x10 1_000 +1 1n --1'
).split(' ')

const plainTexts = '0 -1 null true [] {} " \\ / __proto__ constructor toString %s%n ../../etc/passwd ${1} <b>'
const foreignTexts = 'é ß İ \u202e \ufeff \ud83d\ude00 \ud800 \udfff a\u0301 ﷺ ０１ \u0000 \u007f'
const texts = ['', ' ', '\n', '\t', '\u2028', ...plainTexts.split(' '), ...foreignTexts.split(' ')]

const words = ['true', 'false', 'null', '""', '[]', '{}', '0', '[[]]', '{"":{}}', 'undefined', 'tru', '']

/** How long texts, and how deep nestings, are made at most: such a message is still small enough to be read. */
const MOST_CHARACTERS = 20_000
const MOST_LISTS = 25_000
const MOST_OBJECTS = 8_000

/** A number as it might be written, which need not be JSON. */
export function oddNumber(random: Random): string {
  if (random.whole(8) === 0) return `${1 + random.whole(9)}${digits(random, random.whole(400))}`
  return pick(random, numbers)
}

/** Any text, in its quotes and escaped as JSON wants it. */
export function oddText(random: Random): string {
  switch (random.whole(6)) {
    case 0:
      return JSON.stringify(pick(random, texts).repeat(1 + random.whole(40)))
    case 1:
      return JSON.stringify('x'.repeat(length(random, MOST_CHARACTERS)))
    case 2:
      return JSON.stringify(digits(random, length(random, 400)))
    case 3:
      // As it may not stand in a text.
      return `"${pick(random, ['\n', '\t', '\\', '\\x', '\\u12', '\\u{1}', '\u0001', '\u007f'])}"`
    default:
      return JSON.stringify(pick(random, texts))
  }
}

/** A value of some other sort. */
export function oddWord(random: Random): string {
  return pick(random, words)
}

/** Lists or objects inside one another, closed or not. */
export function nesting(random: Random): string {
  const isList = random.whole(2) === 0
  const depth = length(random, isList ? MOST_LISTS : MOST_OBJECTS)
  const [open, close] = isList ? ['[', ']'] : ['{"a":', '}']
  const core = isList ? '' : '0'
  // Seven of eight are sound; of the others some brackets are missing.
  const closing = random.whole(8) > 0 ? depth : random.whole(depth)
  return open.repeat(depth) + core + close.repeat(closing)
}

/** What stands where base64 of audio should: of any length, and at times not quite base64. */
export function oddBase64(random: Random): string {
  const bytes = Buffer.alloc(pick(random, [0, 1, 2, 159, 160, 161, 320, 1_599, 7_999, 8_000, 8_001, 24_000]))
  bytes.fill(random.whole(256))
  const sound = bytes.toString('base64')
  const at = random.whole(sound.length + 1)
  switch (random.whole(10)) {
    case 0:
      return bytes.toString('base64url')
    case 1:
      return (
        sound.slice(0, at) + pick(random, ['-', '_', '=', ' ', '\\n', '*', 'é', '\\u0041']) + sound.slice(at)
      )
    case 2:
      return sound.slice(0, at)
    case 3:
      return `${sound}=`
    case 4:
      return `${sound.slice(0, -2)}B=`
    case 5:
      return sound.replaceAll('A', '\\/')
    default:
      return sound
  }
}

/** One of a list. */
export function pick<Item>(random: Random, items: readonly [Item, ...Item[]] | readonly Item[]): Item {
  const found = items[random.whole(items.length)]
  if (found === undefined) throw new RangeError('Cannot pick from nothing')
  return found
}

/** Short lengths are likelier than long ones. */
function length(random: Random, most: number): number {
  return Math.floor(most ** random.next())
}

function digits(random: Random, count: number): string {
  return Array.from({ length: count }, () => random.whole(10)).join('')
}
