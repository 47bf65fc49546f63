import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalJson, CanonicalJsonError } from '../../src/lib/canonical-json.ts'

/** The same value with the keys of every object in reverse. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, item]) => [key, reversed(item)]),
  )
}

describe('canonicalJson()', () => {
  it.each([
    [{ b: 1, a: { d: [2, 'x'], c: null } }, '{"a":{"c":null,"d":[2,"x"]},"b":1}'],
    [{ Z: 1, a: 2, A: 3, é: 4, '10': 5, '9': 6 }, '{"10":5,"9":6,"A":3,"Z":1,"a":2,"é":4}'],
    [1.0, '1'],
    [-0, '0'],
    [1e21, '1e+21'],
    [0.1 + 0.2, '0.30000000000000004'],
    ['Ann "A" \n\u2028😀', '"Ann \\"A\\" \\n\u2028😀"'],
    [true, 'true'],
    [[], '[]'],
    [{}, '{}'],
    [Object.assign(Object.create(null), { a: 1 }), '{"a":1}'],
    // RFC 8785 §3.2.3: names are sorted by UTF-16 code units, not by code points.
    [{ '\ufb33': 1, '😀': 2 }, '{"😀":2,"\ufb33":1}'],
  ])('writes %j', (value, text) => {
    expect(canonicalJson(value)).toBe(text)
  })

  it.each([
    ['undefined', undefined],
    ['undefined in an object', { a: undefined }],
    ['undefined in a list', [undefined]],
    ['a hole', Object.assign([], { length: 1 })],
    ['NaN', Number.NaN],
    ['infinity', [Number.POSITIVE_INFINITY]],
    ['a big integer', 1n],
    ['a date', new Date(0)],
    ['a map', new Map()],
    ['a function', () => 1],
    ['a symbol', Symbol('a')],
    ['a lone surrogate', '\ud800'],
    ['a lone surrogate in a key', { '\udc00': 1 }],
  ])('throws CanonicalJsonError for %s', (_what, value) => {
    expect(() => canonicalJson(value)).toThrow(CanonicalJsonError)
  })

  it('ends at a cycle and at 33 levels, not at 32', () => {
    const cycle: unknown[] = []
    cycle.push(cycle)
    expect(() => canonicalJson(cycle)).toThrow(CanonicalJsonError)
    expect(() => canonicalJson(nested(32))).not.toThrow()
    expect(() => canonicalJson(nested(33))).toThrow(CanonicalJsonError)
  })

  it('reads back as the value and does not depend on the order of keys', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const text = canonicalJson(value)
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)))
        expect(canonicalJson(reversed(value))).toBe(text)
        expect(canonicalJson(JSON.parse(text))).toBe(text)
      }),
      { seed: 4, numRuns: 300 },
    )
  })
})

function nested(levels: number): unknown {
  let value: unknown = 1
  for (let level = 0; level < levels; level += 1) value = [value]
  return value
}
