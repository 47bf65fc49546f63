import { describe, expect, it } from 'vitest'
import {
  type Evidence,
  isAtLeast,
  isAttested,
  type OwnerVerification,
  strengthOf,
} from '../../src/policy/strength.ts'

const ownerNumber = '+14155550101'
const modes = ['stir_or_pin', 'pin', 'caller_id'] as const
type Call = Extract<Evidence, { kind: 'call' }>
const call: Call = {
  kind: 'call',
  direction: 'inbound',
  from: ownerNumber,
  stirVerstat: undefined,
  pinRight: false,
  transferred: false,
}

function strengthIn(verification: OwnerVerification, change: Partial<Call>): string {
  return strengthOf({ ...call, ...change }, { phoneNumbers: [ownerNumber], verification })
}

/** Attestations and the strength they give in each mode without the PIN; with it all of them are S3. */
const attestations: readonly (readonly [string | undefined, readonly string[]])[] = [
  // attestation; stir_or_pin, pin, caller_id
  [undefined, ['S1', 'S1', 'S2']],
  ['', ['S1', 'S1', 'S2']],
  ['NULL', ['S1', 'S1', 'S2']],
  ['TN-Validation-Passed-A', ['S2', 'S1', 'S2']],
  ['TN-Validation-Passed-B', ['S1', 'S1', 'S2']],
  ['TN-Validation-Passed-C', ['S1', 'S1', 'S2']],
  ['TN-Validation-Passed-A-Diverted', ['S1', 'S1', 'S2']],
  ['TN-Validation-Passed-A-Passthrough', ['S1', 'S1', 'S2']],
  ['tn-validation-passed-a', ['S1', 'S1', 'S2']],
  ['TN-Validation-Passed-A ', ['S1', 'S1', 'S2']],
  [' TN-Validation-Passed-A', ['S1', 'S1', 'S2']],
  ['TN-Validation-Passed-A,TN-Validation-Passed-A', ['S1', 'S1', 'S2']],
]

const failed = [
  'TN-Validation-Failed',
  'TN-Validation-Failed-A',
  'TN-Validation-Failed-B',
  'TN-Validation-Failed-C',
  'TN-Validation-Failed-A-Diverted',
  'TN-Validation-Failed-A-Passthrough',
  'tn-validation-failed-a',
  ' TN-Validation-Failed-A',
  'TN-Validation-Passed-A,TN-Validation-Failed-A',
  'No-TN-Validation',
  'no-tn-validation',
]

describe('strengthOf() of a call', () => {
  it.each(attestations)('with the owner number and attestation %j', (stirVerstat, strengths) => {
    expect(modes.map((mode) => strengthIn(mode, { stirVerstat }))).toEqual(strengths)
    expect(modes.map((mode) => strengthIn(mode, { stirVerstat, pinRight: true }))).toEqual(['S3', 'S3', 'S3'])
  })

  it.each(failed)(
    'is external in every mode when the attestation is %j, even with the PIN',
    (stirVerstat) => {
      for (const mode of modes) {
        expect(strengthIn(mode, { stirVerstat })).toBe('S0')
        expect(strengthIn(mode, { stirVerstat, pinRight: true })).toBe('S0')
      }
    },
  )

  it.each([
    ['another number', '+14155550102'],
    ['a longer number', '+141555501011'],
    ['a shorter number', '+1415555010'],
    ['a number without plus', '14155550101'],
    ['a national number', '4155550101'],
    ['a blank after the number', '+14155550101 '],
    ['a line end after the number', '+14155550101\n'],
    ['digits of another script', '+1415555010１'],
    ['an invisible character', '+1415555\u200b0101'],
    ['a client', 'client:+14155550101'],
    ['a SIP address', 'sip:+14155550101@example.com'],
    ['a SIP address without scheme', '+14155550101@example.com'],
    ['a withheld number', 'anonymous'],
    ['a withheld number in digits', '+266696687'],
    ['no number', ''],
  ])('is external for %s in every mode, with attestation A and the PIN', (_what, from) => {
    for (const mode of modes) {
      expect(strengthIn(mode, { from, stirVerstat: 'TN-Validation-Passed-A', pinRight: true })).toBe('S0')
    }
  })

  it('is external when the list of the owner holds the same wrong text', () => {
    for (const from of ['anonymous', '', 'client:ann']) {
      expect(strengthOf({ ...call, from }, { phoneNumbers: [from], verification: 'caller_id' })).toBe('S0')
    }
  })

  it('is external for the callee of a call that we placed, and after a transfer', () => {
    for (const mode of modes) {
      const proven = { stirVerstat: 'TN-Validation-Passed-A', pinRight: true }
      expect(strengthIn(mode, { ...proven, direction: 'outbound' })).toBe('S0')
      expect(strengthIn(mode, { ...proven, transferred: true })).toBe('S0')
    }
  })
})

describe('strengthOf() of what is no call', () => {
  it('is S1 for a message from the owner number in every mode, S0 for any other', () => {
    for (const verification of modes) {
      const owner = { phoneNumbers: [ownerNumber], verification }
      expect(strengthOf({ kind: 'sms', from: ownerNumber }, owner)).toBe('S1')
      expect(strengthOf({ kind: 'sms', from: '+14155550102' }, owner)).toBe('S0')
      expect(strengthOf({ kind: 'sms', from: 'EXAMPLE' }, owner)).toBe('S0')
    }
  })

  it('is S4 for a key', () => {
    expect(strengthOf({ kind: 'apiKey' }, { phoneNumbers: [], verification: 'pin' })).toBe('S4')
  })
})

describe('isAttested()', () => {
  it('takes the one value of a full attestation, and nothing like it', () => {
    expect(isAttested('TN-Validation-Passed-A')).toBe(true)
    const others = [
      undefined,
      '',
      ' TN-Validation-Passed-A',
      'tn-validation-passed-a',
      'TN-Validation-Passed-B',
    ]
    for (const other of others) expect(isAttested(other)).toBe(false)
  })
})

describe('isAtLeast()', () => {
  it('orders S0 to S4', () => {
    const scale = ['S0', 'S1', 'S2', 'S3', 'S4'] as const
    for (const [higher, strength] of scale.entries()) {
      for (const [lower, least] of scale.entries()) expect(isAtLeast(strength, least)).toBe(higher >= lower)
    }
  })
})
