import { describe, expect, it } from 'vitest'
import { mentionsOf } from '../../src/lib/number-mentions.ts'

const american = '+14155550123'
const british = '+442079460123'

describe('mentionsOf()', () => {
  it.each([
    [american, 'Call +14155550123 now'],
    [american, 'Call 14155550123 now'],
    [american, 'Call 4155550123 now'],
    [american, 'Call (415) 555-0123 now'],
    [american, 'Call +1 415 555 0123 now'],
    [american, 'Call 4 1 5, 5 5 5, 0 1 2 3 now'],
    [american, 'Call 415/555.0123 now'],
    [american, 'Call four one five, five five five, oh one two three now'],
    [american, 'Call Vier eins fünf fünf fünf fünf null eins zwei drei now'],
    [british, 'Call +44 20 7946 0123 now'],
    [british, 'Call 020 7946 0123 now'],
    [british, 'Call +44 (0)20 7946 0123 now'],
  ])('finds %s in %j', (number, text) => {
    expect(text.replaceAll(mentionsOf(number), '…')).toBe('Call … now')
  })

  it.each([
    [american, 'Call +14155550124 now'],
    [american, 'Call 41555501234 now'],
    [american, 'Order 994155550123 came'],
    [american, 'one two three four'],
    [british, 'It is 20.79 or 460123'],
  ])('does not find %s in %j', (number, text) => {
    expect(mentionsOf(number).test(text)).toBe(false)
  })

  it('takes no longer for a text that is almost the number over and over', () => {
    const text = '+1 415 555 012 '.repeat(2_000)
    expect(text.replaceAll(mentionsOf(american), '…')).toBe(text)
  })
})
