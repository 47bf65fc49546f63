import * as fc from 'fast-check'
import twilio from 'twilio'
import { describe, expect, it } from 'vitest'
import { signRequest } from '../../../src/sim/twilio/signature.ts'

const TOKEN = '0123456789abcdef0123456789abcdef'

/** Fields as a form parser hands them on: a name that occurs twice becomes a list. */
function parsed(fields: readonly (readonly [string, string])[]): Record<string, string | string[]> {
  const entries = Map.groupBy(fields, ([name]) => name)
  return Object.fromEntries(
    [...entries].map(([name, all]) => {
      const values = all.map(([, value]) => value)
      return [name, values.length === 1 ? (values[0] ?? '') : values]
    }),
  )
}

describe('signRequest()', () => {
  it('is what the SDK expects, for any fields, also repeated and empty ones', () => {
    const name = fc.stringMatching(/^[A-Za-z]{1,6}$/).filter((each) => each !== '__proto__')
    fc.assert(
      fc.property(
        fc.array(fc.tuple(name, fc.string({ unit: 'grapheme', maxLength: 20 })), { maxLength: 12 }),
        (fields) => {
          const signature = signRequest(TOKEN, 'https://voice.example.org/twilio/voice?ref=1', fields)
          expect(
            twilio.validateRequest(
              TOKEN,
              signature,
              'https://voice.example.org/twilio/voice?ref=1',
              parsed(fields),
            ),
          ).toBe(true)
        },
      ),
      { seed: 30, numRuns: 200 },
    )
  })

  it('signs the scheme and path of an upgrade as they are', () => {
    const signature = signRequest(TOKEN, 'wss://voice.example.org/twilio/media/abc', [])
    const validate = (url: string): boolean => twilio.validateRequest(TOKEN, signature, url, {})
    expect(validate('wss://voice.example.org/twilio/media/abc')).toBe(true)
    expect(validate('https://voice.example.org/twilio/media/abc')).toBe(false)
    expect(validate('wss://voice.example.org/twilio/media/abc/')).toBe(false)
  })
})
