import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeBase64 } from '../../../src/sim/openai/base64.ts'

describe('decodeBase64()', () => {
  it('gives back the bytes of everything that was encoded', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2_000 }), (bytes) => {
        const decoded = decodeBase64(Buffer.from(bytes).toString('base64'))
        expect(Buffer.from(decoded ?? [])).toEqual(Buffer.from(bytes))
      }),
    )
  })

  it('refuses every text that is not exactly what an encoder writes', () => {
    const text = fc.string({ unit: fc.constantFrom(...Array.from('AQgw8+/-_= \nZé')), maxLength: 12 })
    fc.assert(
      fc.property(text, (given) => {
        const isCanonical = Buffer.from(given, 'base64').toString('base64') === given
        expect(decodeBase64(given) !== undefined).toBe(isCanonical)
      }),
      { numRuns: 5_000 },
    )
  })
})
