import { describe, expect, it } from 'vitest'
import { cleanResult } from '../../src/gate/clean-result.ts'

describe('cleanResult()', () => {
  it.each<[string, unknown, unknown]>([
    ['a text', 'a\u0000b', 'a b'],
    ['booleans', [true, false], [true, false]],
    ['numbers', [1, -0.5], [1, -0.5]],
    ['what is no number', [Number.NaN, Number.POSITIVE_INFINITY], [null, null]],
    ['nothing', [null, undefined], [null, null]],
    ['what JSON cannot hold', [Symbol('s'), () => 1, 10n], [null, null, null]],
    ['fields that are not there', { a: undefined, b: 1 }, { b: 1 }],
    ['names of fields', { 'a\u202eb': 1 }, { ab: 1 }],
  ])('keeps of %s what the model may see', (_what, given, kept) => {
    const { value, text, isCut } = cleanResult(given)
    expect(value).toEqual(kept)
    expect(JSON.parse(text)).toEqual(kept)
    expect(isCut).toBe(false)
  })

  it('ends a nest at its eighth level, and a list at 200', () => {
    let nest: unknown = 'deep'
    for (let level = 0; level < 9; level += 1) nest = [nest]
    expect(cleanResult(nest).text).toBe('[[[[[[[[null]]]]]]]]')
    expect(cleanResult(Array.from({ length: 300 }, () => 1)).value).toHaveLength(200)
  })
})
