import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseForm } from '../../src/twilio/form.ts'
import { anyText } from './support/any-text.ts'

function parse(text: string): Record<string, readonly string[]> | undefined {
  const form = parseForm(Buffer.from(text))
  return form && Object.fromEntries(form)
}

function pairs(count: number): string {
  return Array.from({ length: count }, (_, index) => `f${index}=x`).join('&')
}

describe('parseForm()', () => {
  it('gives back every field that URLSearchParams wrote', () => {
    const value = anyText(10).map((text) => text.toWellFormed())
    const fields = fc.array(
      fc.tuple(
        value.filter((name) => name !== ''),
        value,
      ),
      { maxLength: 20 },
    )
    fc.assert(
      fc.property(fields, (sent) => {
        const form = parseForm(Buffer.from(new URLSearchParams(sent).toString()))
        const expected = Map.groupBy(sent, ([name]) => name)
        expect([...(form ?? [])]).toEqual(
          [...expected].map(([name, all]) => [name, all.map(([, text]) => text)]),
        )
      }),
      { seed: 20_261_120, numRuns: 500 },
    )
  })

  it('keeps what other parsers drop or change: spaces, empty values, a question mark, a byte order mark', () => {
    expect(parse('a=+1+&b=&c&?d=1&e=%EF%BB%BFx')).toEqual({
      a: [' 1 '],
      b: [''],
      c: [''],
      '?d': ['1'],
      e: ['\u{FEFF}x'],
    })
    expect(parse('\u{FEFF}a=1')).toEqual({ '\u{FEFF}a': ['1'] })
  })

  it('keeps repeated fields in their order', () => {
    expect(parse('a=2&b=x&a=1&a=2')).toEqual({ a: ['2', '1', '2'], b: ['x'] })
  })

  it('refuses what does not decode to one certain list', () => {
    const bodies = ['a=%', 'a=%zz', 'a=%ff', '%ff=a', '=a', 'a=1&', '&a=1', 'a=1&&b=2', 'a=%ED%A0%80', '&']
    expect(bodies.filter((body) => parse(body) !== undefined)).toEqual([])
    expect(parseForm(Buffer.from([0x61, 0x3d, 0xff]))).toBeUndefined()
  })

  it('takes 256 fields and refuses 257', () => {
    expect(Object.keys(parse(pairs(256)) ?? {})).toHaveLength(256)
    expect(parse(pairs(257))).toBeUndefined()
  })

  it('takes an empty body for no fields', () => {
    expect(parse('')).toEqual({})
  })
})
