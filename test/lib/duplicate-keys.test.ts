import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { scanKeys } from '../../src/lib/duplicate-keys.ts'

describe('scanKeys()', () => {
  it.each([
    ['{"a":1,"a":2}'],
    ['{"a":1,"b":{"c":1},"a":2}'],
    ['{"x":{"a":1,"a":2}}'],
    ['[{"a":1},{"b":1,"b":2}]'],
    ['{"a":1,"\\u0061":2}'],
    ['{"\\u00e9":1,"é":2}'],
    ['{"a" \n\t\r :1,"a":2}'],
    ['{"":1,"":2}'],
    ['{"a\\"":1,"a\\"":2}'],
    ['{"__proto__":1,"__proto__":2}'],
    ['{"a":[{"a":1}],"a":2}'],
    ['{"a":"}","a":2}'],
    ['{"\\z":1,"\\z":2}'],
  ])('finds the key that %s has twice', (json) => {
    expect(scanKeys(json)).toBe('duplicate')
  })

  it.each([
    ['{}'],
    ['[]'],
    ['"a"'],
    [''],
    ['{"a":1,"b":2}'],
    ['{"a":{"a":{"a":1}}}'],
    ['[{"a":1},{"a":2}]'],
    ['{"a":"a","b":"a"}'],
    ['{"a":["a","a"]}'],
    ['{"a":"\\"a\\":1,\\"a\\":2"}'],
    ['{"a":1,"A":2}'],
    ['{"a":1,"a\\u0000":2}'],
    ['{"a":"{","b":"["}'],
    ['["a","a"]'],
    // No JSON: the parser behind refuses these.
    ['"a'],
    ['"a\\'],
    ['}]}'],
    ['"a":1,"a":2'],
  ])('finds nothing in %s', (json) => {
    expect(scanKeys(json)).toBe('unique')
  })

  it('refuses 33 levels, of lists and of objects, and reads 32', () => {
    expect(scanKeys('['.repeat(32) + ']'.repeat(32))).toBe('unique')
    expect(scanKeys('['.repeat(33) + ']'.repeat(33))).toBe('tooDeep')
    expect(scanKeys('{"a":'.repeat(33))).toBe('tooDeep')
  })

  it('finds a key that was planted anywhere in a random text, and nothing in the text itself', () => {
    const text = fc.json({ maxDepth: 6 })
    fc.assert(
      fc.property(text, fc.nat(), fc.string(), (json, where, key) => {
        // JSON.stringify never writes a key twice.
        expect(scanKeys(json)).toBe('unique')
        const literal = JSON.stringify(key)
        const spots = [...json.matchAll(/(?<=[[:,])(?=[[{"\dtfn-])|^/g)].map((match) => match.index)
        const inside = spots.filter((spot) => !isInString(json, spot))
        const spot = inside[where % inside.length] ?? 0
        const planted = `${json.slice(0, spot)}{${literal}:0,${literal}:0}${json.slice(spot)}`
        expect(scanKeys(planted)).toBe('duplicate')
      }),
      { seed: 7, numRuns: 300 },
    )
  })

  it('takes time in proportion to the text', () => {
    // Texts that would cost a careless scan the square of their length: 64 KiB is what a request may bring.
    const hostile = [
      `{"a":${'"\\\\'.repeat(20_000)}`,
      `{${Array.from({ length: 6_000 }, (_, at) => `"k${at}":1`).join(',')}}`,
      `[${'"a" '.repeat(16_000)}`,
      `["a"${' '.repeat(64_000)}`,
    ]
    const started = process.cpuUsage()
    for (const json of hostile) scanKeys(json)
    const used = process.cpuUsage(started)
    expect(used.user + used.system).toBeLessThan(500_000)
  })
})

function isInString(json: string, end: number): boolean {
  let inside = false
  for (let at = 0; at < end; at += 1) {
    if (inside && json[at] === '\\') at += 1
    else if (json[at] === '"') inside = !inside
  }
  return inside
}
