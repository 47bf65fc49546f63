import { describe, expect, it } from 'vitest'
import { mentionsOf } from '../../src/lib/number-mentions.ts'

const american = '+14155550123'
const british = '+442079460123'
// Numbers of no numbering plan's own, where a day, a time or a sum has as many digits.
const danish = '+4520112026'
const washington = '+12026112009'

describe('mentionsOf()', () => {
  it.each([
    [american, 'Call +14155550123 now'],
    [american, 'Call 14155550123 now'],
    [american, 'Call 4155550123 now'],
    [american, 'Call (415) 555-0123 now'],
    [american, 'Call +1 (415) 555 - 0123 now'],
    [american, 'Call +1 415 555 0123 now'],
    [american, 'Call 4 1 5, 5 5 5, 0 1 2 3 now'],
    [american, 'Call 415/555.0123 now'],
    [american, 'Call 415\u2011555\u20110123 now'],
    [american, 'Call 415 – 555 – 0123 now'],
    [american, 'Call 415·555·0123 now'],
    [american, 'Call 415_555_0123 now'],
    [american, 'Call 415: 555: 0123 now'],
    [american, 'Call 415... 555 … 0123 now'],
    [american, 'Call 415\n\n555\t0123 now'],
    [american, 'Call ４１５-５５５-０１２３ now'],
    [american, 'Call 4155550123 now'.replaceAll(/[0-9]/g, '$&\u200B')],
    [american, 'Call 0014155550123 now'],
    [american, 'Call 011 1 415 555 0123 now'],
    [american, 'Call 01114155550123 now'],
    [american, 'Call 415 555-O123 now'],
    [american, 'Call 415 555 o 1 2 3 now'],
    [american, 'Call four one five, five five five, oh one two three now'],
    [american, 'Call four one five, double five five, oh one two three now'],
    [american, 'Call four-one-Triple-five-five-oh-one-two-three now'],
    [american, 'Call four one five triple 5 zero one two three now'],
    [american, 'Call Vier eins fünf doppel fünf fünf null eins zwei drei now'],
    [american, 'Call Vier eins fünf fünf fünf fünf null eins zwei drei now'],
    [american, 'Call cuatro uno cinco doble cinco cinco cero uno dos tres now'],
    [american, 'Call 415, five-five-five, 0123 now'],
    [british, 'Call +44 20 7946 0123 now'],
    [british, 'Call 020 7946 0123 now'],
    [british, 'Call +44 (0)20 7946 0123 now'],
    [british, 'Call 00 44 20 7946 0123 now'],
    ['+74951234567', 'Call 8 (495) 123-45-67 now'],
    [danish, 'Call 20 11 20 26 now'],
    ['+2905123', 'Call +290 5123 now'],
  ])('finds %s in %j', (number, text) => {
    const mentions = mentionsOf(number)
    expect(mentions.isIn(text)).toBe(true)
    expect(mentions.struckFrom(text).replaceAll('\u200B', '')).toBe('Call … now')
  })

  it('keeps the words around a mention, and finds every one', () => {
    const { struckFrom } = mentionsOf(american)
    expect(struckFrom('Phone 415 555 0123, or 415 555 0124, or +14155550123!')).toBe(
      'Phone …, or 415 555 0124, or …!',
    )
    expect(struckFrom('sip:+14155550123@example.org')).toBe('sip:…@example.org')
    expect(struckFrom('nothing of ½ is changed')).toBe('nothing of ½ is changed')
  })

  it.each([
    [american, 'Call +14155550124 now'],
    [american, 'Call 41555501234 now'],
    [american, 'Order 994155550123 came'],
    [american, 'one two three four'],
    [american, 'It costs 4,155,550,123 in all'],
    [american, 'It costs $4155550123, or 4155550123 €'],
    [american, 'At 41.55550123, -87.6'],
    [american, 'four one five double five double five oh one two three'],
    [american, 'four one five five five five oh one two double three'],
    [washington, 'At 2026-11-20 09:15'],
    [washington, 'From 2026-11-20T09:15:00Z'],
    [british, 'It is 20.79 or 460123'],
    [danish, 'On 20.11.2026'],
    [danish, 'On 20/11/2026 or 20-11-2026'],
    [danish, 'It costs 20.112.026 crowns'],
    ['+4520261120', 'From 2026-11-20 on'],
    ['+376201126', 'At 20:11:26'],
    ['+2905123', 'It costs 5,123'],
  ])('does not find %s in %j', (number, text) => {
    const mentions = mentionsOf(number)
    expect(mentions.isIn(text)).toBe(false)
    expect(mentions.struckFrom(text)).toBe(text)
  })

  it.each([
    '+1 415 555 012 ',
    '415 555 0123 ',
    '4155550123',
    '5',
    'ohoho',
    'double ',
    'double five ',
    '....',
    '20.11.',
  ])('takes time in proportion to the text for %j over and over', (piece) => {
    const { isIn } = mentionsOf(american)
    const text = piece.repeat(4_000 / piece.length)
    const longer = text.repeat(10)
    // Ten times as much where time is in proportion, a hundred where it is squared.
    expect(leastCpuMs(() => isIn(longer))).toBeLessThan(
      50 *
        Math.max(
          leastCpuMs(() => isIn(text)),
          2,
        ),
    )
  })
})

/** The processor's time for some work, of three tries the least: others may use the machine. */
function leastCpuMs(work: () => unknown): number {
  const tries = [1, 2, 3].map(() => {
    const began = process.cpuUsage()
    work()
    const { user, system } = process.cpuUsage(began)
    return (user + system) / 1_000
  })
  return Math.min(...tries)
}
