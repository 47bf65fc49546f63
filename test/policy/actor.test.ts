import { describe, expect, it } from 'vitest'
import { actorOf } from '../../src/policy/actor.ts'

const owner = { phoneNumbers: ['+14155550101'], verification: 'stir_or_pin' } as const
const inbound = { direction: 'inbound', from: '+14155550101' } as const

describe('actorOf()', () => {
  it.each([
    ['attestation A', { ...inbound, stirVerstat: 'TN-Validation-Passed-A' }, 'S2'],
    ['attestation A, diverted', { ...inbound, stirVerstat: 'TN-Validation-Passed-A-Diverted' }, 'S1'],
    ['attestation A with a blank', { ...inbound, stirVerstat: 'TN-Validation-Passed-A ' }, 'S1'],
    ['attestation B', { ...inbound, stirVerstat: 'TN-Validation-Passed-B' }, 'S1'],
    ['no attestation', inbound, 'S1'],
  ])('owner number with %s has the strength of its proof', (_what, call, strength) => {
    expect(actorOf(call, owner)).toEqual({ kind: 'owner', strength })
  })

  it.each([
    ['a failed attestation', { ...inbound, stirVerstat: 'TN-Validation-Failed-A' }],
    ['a number that was not validated', { ...inbound, stirVerstat: 'No-TN-Validation' }],
    ['an outbound call', { ...inbound, direction: 'outbound' as const }],
    ['another number', { ...inbound, from: '+14155550102' }],
    ['a blank after the number', { ...inbound, from: '+14155550101 ' }],
    ['digits of another script', { ...inbound, from: '+1415555010１' }],
    ['a client', { ...inbound, from: 'client:+14155550101' }],
    ['a SIP address', { ...inbound, from: 'sip:+14155550101@example.com' }],
    ['no number', { ...inbound, from: '' }],
    ['a withheld number', { ...inbound, from: 'anonymous' }],
  ])('%s is external in every mode', (_what, call) => {
    for (const verification of ['stir_or_pin', 'pin', 'caller_id'] as const) {
      expect(actorOf(call, { ...owner, verification })).toEqual({ kind: 'external', strength: 'S0' })
    }
  })

  it('pin gives nothing above S1, caller_id takes the line alone', () => {
    const proven = { ...inbound, stirVerstat: 'TN-Validation-Passed-A' }
    expect(actorOf(proven, { ...owner, verification: 'pin' }).strength).toBe('S1')
    expect(actorOf(inbound, { ...owner, verification: 'caller_id' }).strength).toBe('S2')
  })
})
