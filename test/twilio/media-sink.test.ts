import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { closeReason } from '../../src/twilio/media-sink.ts'
import { anyText } from './support/any-text.ts'

describe('closeReason()', () => {
  it('is the longest start of the text that fits 123 bytes, for any text', () => {
    fc.assert(
      fc.property(anyText(140), (text) => {
        const reason = closeReason(text)
        const whole = text.toWellFormed()
        expect(whole.startsWith(reason)).toBe(true)
        expect(Buffer.byteLength(reason)).toBeLessThanOrEqual(123)
        // Either nothing was cut, or the next character would not have fitted.
        const [next = 'x'.repeat(124)] = whole.slice(reason.length)
        expect(Buffer.byteLength(reason + next)).toBeGreaterThan(123)
      }),
      { seed: 20_261_120, numRuns: 500 },
    )
  })
})
