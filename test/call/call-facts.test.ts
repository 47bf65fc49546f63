import { describe, expect, it } from 'vitest'
import { CallFacts } from '../../src/call/call-facts.ts'
import type { PinState } from '../../src/policy/pin.ts'
import { gatePorts } from './support/gate-ports.ts'
import { testPlan } from './support/ports.ts'

function standing(state: PinState, transferred = false) {
  const plan = {
    ...testPlan('CA1'),
    strength: (now: { pinRight: boolean; transferred: boolean }) =>
      now.transferred ? 'S0' : now.pinRight ? 'S3' : 'S1',
  } as const
  const pin = { state }
  const actorId = 'person_0a1b2c3d4e5f60718293a4b5'
  const ports = { gate: gatePorts() }
  return new CallFacts({ plan, ports, pin, actorId, isTransferred: () => transferred }).standing()
}

describe('CallFacts', () => {
  it.each<[PinState, string, string]>([
    [{ kind: 'waiting', wrongTries: 0 }, 'S1', 'open'],
    [{ kind: 'checking', wrongTries: 0 }, 'S1', 'open'],
    [{ kind: 'right' }, 'S3', 'open'],
    [{ kind: 'refused', reason: 'notOffered' }, 'S1', 'notConfigured'],
    [{ kind: 'refused', reason: 'triesOfCall' }, 'S1', 'refused'],
    [{ kind: 'refused', reason: 'triesOfDay' }, 'S1', 'refused'],
  ])('knows how well the caller is known, and whether a PIN would help: %j', (state, strength, pin) => {
    expect(standing(state)).toEqual({ strength, pin, isInScope: true, limits: { ok: true } })
  })

  it('knows whoever a call was handed to as nobody, PIN or not', () => {
    expect(standing({ kind: 'right' }, true).strength).toBe('S0')
  })
})
