import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { CanonicalJsonError } from '../../src/lib/canonical-json.ts'
import { argumentsHash } from '../../src/policy/arguments-hash.ts'

describe('argumentsHash()', () => {
  it('is SHA-256 of tool, NUL and canonical arguments', () => {
    const expected = createHash('sha256')
      .update('send_sms\0{"body":"Hi","to_number":"+14155550123"}')
      .digest('hex')
    expect(argumentsHash('send_sms', { to_number: '+14155550123', body: 'Hi' })).toBe(expected)
    expect(argumentsHash('send_sms', { body: 'Hi', to_number: '+14155550123' })).toBe(expected)
  })

  it('differs with the tool, with any value and with any key', () => {
    const hashes = [
      argumentsHash('send_sms', { a: '1' }),
      argumentsHash('send_sm', { a: '1' }),
      argumentsHash('send_sms', { a: 1 }),
      argumentsHash('send_sms', { a: '1 ' }),
      argumentsHash('send_sms', { b: '1' }),
      argumentsHash('send_sms', { a: '1', b: null }),
      argumentsHash('send_sms', {}),
    ]
    expect(new Set(hashes).size).toBe(hashes.length)
  })

  it('throws for a name that is no tool and for arguments that are no JSON', () => {
    expect(() => argumentsHash('send_sms\0{}', {})).toThrow(RangeError)
    expect(() => argumentsHash('', {})).toThrow(RangeError)
    expect(() => argumentsHash('send_sms', { at: new Date(0) })).toThrow(CanonicalJsonError)
  })
})
