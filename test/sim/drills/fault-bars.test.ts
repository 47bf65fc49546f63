import { describe, expect, it } from 'vitest'
import { type Met, missedBy } from '../../../src/sim/drills/fault-bars.ts'
import type { VictimOutcome } from '../../../src/sim/drills/victim.ts'

const MEGABYTE = 1_048_576
const punctual = { up: 4, down: 3 }

const fine: VictimOutcome = {
  callSid: 'CA1',
  faultAtMs: 1_000,
  overAtMs: 20_000,
  toldMs: 500,
  silentMs: 480,
  undecidedSilenceMs: 480,
  decidedMs: 900,
  decided: 'speaksAgain',
  goneMs: 19_000,
  endedBy: 'caller',
  sessions: 2,
  refused: [],
  errors: [],
}

function met(outcome: Partial<VictimOutcome>, rest: Partial<Met> = {}): Met {
  return {
    fault: { name: 'drop', expected: 'lost' },
    outcome: { ...fine, ...outcome },
    felt: punctual,
    rawFelt: punctual,
    tries: 1,
    loopDelayMs: undefined,
    heldBytes: { before: 40 * MEGABYTE, after: 43.9 * MEGABYTE },
    ...rest,
  }
}

describe('missedBy()', () => {
  it('has nothing to say of a call that went on', () => {
    expect(missedBy(met({}), punctual)).toEqual([])
  })

  it.each([
    [{ faultAtMs: undefined }, 'drop: the fault did not strike'],
    [{ toldMs: Infinity }, 'drop: nothing was heard any more'],
    [{ silentMs: 3_020 }, 'drop: silence of 3020 ms'],
    [{ decidedMs: 12_100 }, 'drop: neither heard again nor politely ended: 12100 ms'],
    [{ decidedMs: Infinity }, 'drop: neither heard again nor politely ended: never'],
    [{ refused: ['response.create: x'] }, 'drop: 1 events refused (response.create: x)'],
    [{ errors: ['Gave up'] }, 'drop: the call went wrong (Gave up)'],
  ])('tells of %j', (outcome, sentence) => {
    expect(missedBy(met(outcome), punctual)).toEqual([sentence])
  })

  it('asks of a call that can only end that it is gone, and of none what cannot be heard there', () => {
    const gone = { fault: { name: 'vanish', expected: 'gone' } } as const
    expect(missedBy(met({ goneMs: 17_000, toldMs: Infinity, decidedMs: Infinity }, gone), punctual)).toEqual(
      [],
    )
    expect(missedBy(met({ goneMs: 18_100 }, gone), punctual)).toEqual([
      'vanish: call and session gone: 18100 ms',
    ])
    const ends = { fault: { name: '429', expected: 'ends' } } as const
    expect(missedBy(met({ goneMs: 12_100 }, ends), punctual)).toHaveLength(1)
  })

  it('judges how late others were by how late they are without a fault, and not at all without that', () => {
    const felt = { up: 29.1, down: 3 }
    expect(missedBy(met({}, { felt }), punctual)).toEqual([
      'drop: healthy callers were heard 25.1 ms later than without a fault',
    ])
    expect(missedBy(met({}, { felt }), { ...punctual, up: 10 })).toEqual([])
    expect(missedBy(met({}, { felt }), undefined)).toEqual([])
    const down = { ...punctual, down: 90 }
    expect(missedBy(met({}, { felt: down }), punctual)).toHaveLength(1)
  })

  it('tells of memory that is not given back, where it is known', () => {
    const kept = { heldBytes: { before: 40 * MEGABYTE, after: 44.1 * MEGABYTE } }
    expect(missedBy(met({}, kept), punctual)).toEqual(['drop: 44.1 MB held after it, 40 MB before'])
    expect(missedBy(met({}, { heldBytes: { before: undefined, after: undefined } }), punctual)).toEqual([])
  })
})
