import { describe, expect, it } from 'vitest'
import { type Destination, type DestinationRules, destinationVerdict } from '../../src/policy/destination.ts'

const fits: Destination = {
  number: '+442079460123',
  wallMs: Date.UTC(2026, 10, 20, 12),
  optedOut: false,
  isKnown: true,
  caps: { ok: true },
}
const rules: DestinationRules = {
  allowedCountries: ['GB'],
  ownNumbers: ['+442079460000'],
  liveNumbers: [],
  hours: { fromMinute: 540, toMinute: 1_200 },
  onlyKnown: true,
}
const night = Date.UTC(2026, 10, 20, 3)

describe('destinationVerdict()', () => {
  it.each([
    ['a number that fails by itself', { number: '+442079460000' }, 'own'],
    ['somebody who opted out', { optedOut: true }, 'optedOut'],
    ['a stranger', { isKnown: false }, 'notAContact'],
    ['somebody asleep', { wallMs: night }, 'quietHours'],
    ['a cap that is reached', { caps: { ok: false, reason: 'perDay' } }, 'perDay'],
  ] as const)('refuses %s', (_what, change, reason) => {
    expect(destinationVerdict({ ...fits, ...change }, rules)).toEqual({ ok: false, reason })
  })

  it('lets the rest pass', () => {
    expect(destinationVerdict(fits, rules)).toEqual({ ok: true })
    expect(destinationVerdict({ ...fits, isKnown: false }, { ...rules, onlyKnown: false })).toEqual({
      ok: true,
    })
    expect(destinationVerdict({ ...fits, wallMs: night }, { ...rules, hours: 'off' })).toEqual({ ok: true })
  })
})
