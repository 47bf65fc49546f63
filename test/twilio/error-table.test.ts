import { describe, expect, it } from 'vitest'
import { nothingSentCodes, sentenceFor } from '../../src/twilio/error-table.ts'

// Every code of Twilio that an operator of this server can meet.
const codes = [
  20003, 20404, 20429, 20008, 10004, 21201, 21213, 21205, 21210, 21211, 21212, 21214, 21215, 21216, 21217,
  21218, 21219, 21220, 21408, 21606, 21608, 21610, 21612, 21614, 21617, 32018, 11200, 11205, 11210, 11220,
  12100, 12200, 12300, 13223, 13224, 13225, 13227, 13805, 30003, 30004, 30005, 30006, 30007, 30008, 30032,
  30034, 31901, 31902, 31903, 31910, 31920, 31921, 31922, 31923, 31924, 31931, 31950, 31951,
]

describe('sentenceFor()', () => {
  it('has one plain sentence for every code', () => {
    for (const code of codes) expect(sentenceFor(code)).toMatch(/^[A-Z][^.]{20,120}[^.?!]$/)
    const sentences = codes.map((code) => sentenceFor(code))
    expect(new Set(sentences).size).toBe(codes.length)
  })

  it('has none for a code that it does not know, nor for a property of every object', () => {
    expect(sentenceFor(99_999)).toBeUndefined()
    expect(sentenceFor('constructor')).toBeUndefined()
    expect(sentenceFor('__proto__')).toBeUndefined()
  })
})

describe('nothingSentCodes', () => {
  it('holds no code after which the order may have arrived', () => {
    const open = ['ECONNRESET', 'ETIMEDOUT', 'ECONNABORTED', 'EPIPE', 'timeout', 'aborted']
    expect(open.filter((code) => nothingSentCodes.has(code))).toEqual([])
    expect(nothingSentCodes.has('ECONNREFUSED')).toBe(true)
  })
})
