import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeAlaw, encodeAlaw } from '../../../src/sim/openai/alaw.ts'

describe('encodeAlaw() and decodeAlaw()', () => {
  it('give the ends and the middle of the scale as the standard has them', () => {
    expect([...encodeAlaw(Int16Array.of(0, -1, 32_767, -32_768))]).toEqual([0xd5, 0x55, 0xaa, 0x2a])
    expect([...decodeAlaw(Uint8Array.of(0xd5, 0x55, 0xaa, 0x2a))]).toEqual([8, -8, 32_256, -32_256])
  })

  it('bring every code word back', () => {
    const codes = Uint8Array.from({ length: 256 }, (_, code) => code)
    expect([...encodeAlaw(decodeAlaw(codes))]).toEqual([...codes])
  })

  it('are off by no more than half a step of the segment', () => {
    const property = fc.property(fc.integer({ min: -32_768, max: 32_767 }), (sample) => {
      const [back = 0] = decodeAlaw(encodeAlaw(Int16Array.of(sample)))
      expect(Math.abs(back - sample)).toBeLessThanOrEqual(Math.max(16, Math.abs(sample) / 31))
    })
    fc.assert(property, { seed: 5, numRuns: 500 })
  })
})
