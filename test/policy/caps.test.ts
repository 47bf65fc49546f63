import { describe, expect, it } from 'vitest'
import { capVerdict, defaultCaps, type PastEffect } from '../../src/policy/caps.ts'

const nowMs = Date.UTC(2026, 10, 20, 12)
const dayMs = 86_400_000
const wanted: PastEffect = {
  tool: 'make_call',
  wallMs: nowMs,
  destination: '+14155550123',
  range: '+1415555',
  caller: 'owner',
}
const caps = { make_call: { perDestination: 2, perRange: 3, perCaller: 4, perDay: 5 } }

function past(count: number, change: Partial<PastEffect> = {}): PastEffect[] {
  return Array.from({ length: count }, (_, at) => ({ ...wanted, wallMs: nowMs - at - 1, ...change }))
}

/** Effects that have nothing in common with the wanted one but the tool. */
const strangers = { destination: '+442079460123', range: '+44207946', caller: 'key' }

describe('capVerdict()', () => {
  it.each([
    ['perDestination', {}],
    ['perRange', { destination: '+14155550124' }],
    ['perCaller', { ...strangers, caller: 'owner' }],
    ['perDay', strangers],
  ] as const)('refuses at the cap %s and not before', (reason, change) => {
    const cap = caps.make_call[reason]
    expect(capVerdict(wanted, past(cap - 1, change), caps)).toEqual({ ok: true })
    expect(capVerdict(wanted, past(cap, change), caps)).toEqual({ ok: false, reason })
  })

  it('forgets after 24 hours, and counts what seems to come from the future', () => {
    expect(capVerdict(wanted, past(5, { wallMs: nowMs - dayMs }), caps).ok).toBe(true)
    expect(capVerdict(wanted, past(5, { wallMs: nowMs - dayMs + 1 }), caps).ok).toBe(false)
    expect(capVerdict(wanted, past(5, { wallMs: nowMs + dayMs }), caps).ok).toBe(false)
    expect(capVerdict(wanted, past(5, { wallMs: Number.NaN }), caps).ok).toBe(false)
  })

  it('counts each tool apart', () => {
    expect(capVerdict(wanted, past(9, { tool: 'send_sms' }), caps).ok).toBe(true)
  })

  it('gives nothing to a tool without caps, nor for a cap that is no number', () => {
    expect(capVerdict({ ...wanted, tool: 'fly' }, [], caps)).toEqual({ ok: false, reason: 'perDay' })
    const broken = { make_call: { ...caps.make_call, perRange: Number.NaN } }
    expect(capVerdict(wanted, [], broken)).toEqual({ ok: false, reason: 'perRange' })
  })

  it('has caps for every tool that reaches people', () => {
    expect(Object.keys(defaultCaps)).toEqual(['make_call', 'send_sms', 'send_email'])
    expect(capVerdict(wanted, past(4)).ok).toBe(true)
    expect(capVerdict(wanted, past(5)).ok).toBe(false)
  })
})
