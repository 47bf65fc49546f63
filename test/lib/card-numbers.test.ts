import { describe, expect, it } from 'vitest'
import { jsonWithoutCardNumbers, withoutCardNumbers } from '../../src/lib/card-numbers.ts'

describe('withoutCardNumbers()', () => {
  it.each([
    ['pay with 4242424242424242 now', 'pay with … now'],
    ['pay with 4242 4242 4242 4242 now', 'pay with … now'],
    ['4242, 4242, 4242, 4242.', '….'],
    ['3782-822463-10005', '…'],
    ['It is four two four two, four two four two, four two four two, four two four two', 'It is …'],
    ['Five one oh five 1051 0510 five one ZERO zero!', '…!'],
    ['4242424242424242 and 5555 5555 5555 4444', '… and …'],
  ])('takes the number out of %j', (text, clean) => {
    expect(withoutCardNumbers(text)).toBe(clean)
  })

  it.each([
    'pay with 4222 2222 2222 3 now',
    'call +14155550123, or +442079460000',
    'on 2026-12-01 at 10:30, for 4 people',
    'SM42424242424242424242424242424242',
    'one two three four five six seven eight nine',
  ])('leaves %j alone', (text) => {
    expect(withoutCardNumbers(text)).toBe(text)
  })

  it('takes time that grows with the length, whatever is written', () => {
    const nearly = `${'4 four, '.repeat(6)}x `.repeat(20_000)
    expect(withoutCardNumbers(nearly)).toBe(nearly)
  })
})

describe('jsonWithoutCardNumbers()', () => {
  it('takes them out of texts and numbers, and leaves JSON', () => {
    const json = '{"a":["card 4242 4242 4242 4242"],"b":{"c":4242424242424242},"d":1}'
    expect(jsonWithoutCardNumbers(json)).toBe('{"a":["card …"],"b":{"c":"…"},"d":1}')
    expect(jsonWithoutCardNumbers(String.raw`"4242\u00204242 4242 4242"`)).toBe('"…"')
  })

  it('changes nothing where there is none, and reads what is no JSON as a text', () => {
    expect(jsonWithoutCardNumbers('{ "a" : 1 }')).toBe('{ "a" : 1 }')
    expect(jsonWithoutCardNumbers('{"a": 4242424242424242')).toBe('{"a": …')
  })
})
