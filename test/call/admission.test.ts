import { describe, expect, it } from 'vitest'
import { admit, isStrained, type Load, refusalReasons } from '../../src/call/admission.ts'

const calm: Load = {
  draining: false,
  liveCalls: 9,
  maxCalls: 10,
  callsOfCaller: 2,
  maxCallsPerCaller: 3,
  strained: false,
  modelDown: false,
}
const full = { liveCalls: 10 }
const often = { callsOfCaller: 3 }

describe('admit()', () => {
  it.for([
    [{}, { kind: 'take' }],
    [{ draining: true }, { kind: 'busy', reason: 'draining' }],
    [full, { kind: 'busy', reason: 'capacity' }],
    [{ liveCalls: 11 }, { kind: 'busy', reason: 'capacity' }],
    [{ strained: true }, { kind: 'busy', reason: 'loopDelay' }],
    [often, { kind: 'busy', reason: 'callerCapacity' }],
    [{ modelDown: true }, { kind: 'ladder' }],
    // What protects the live calls comes first.
    [
      { draining: true, ...full, ...often, strained: true, modelDown: true },
      { kind: 'busy', reason: 'draining' },
    ],
    [
      { ...full, ...often, strained: true, modelDown: true },
      { kind: 'busy', reason: 'capacity' },
    ],
    [
      { ...often, strained: true, modelDown: true },
      { kind: 'busy', reason: 'loopDelay' },
    ],
    [
      { ...often, modelDown: true },
      { kind: 'busy', reason: 'callerCapacity' },
    ],
  ] as const)('%j: %j', ([change, admission]) => {
    expect(admit({ ...calm, ...change })).toEqual(admission)
  })
})

describe('refusalReasons()', () => {
  it('names every reason that holds for any caller, and none of a single one', () => {
    expect(refusalReasons({ ...calm, ...often })).toEqual([])
    expect(refusalReasons({ ...calm, ...full, draining: true, strained: true, modelDown: true })).toEqual([
      'shutting down',
      'at the maximum of concurrent calls',
      'the event loop is too late',
      'no session of the model can be had',
    ])
  })
})

describe('isStrained()', () => {
  it('begins above the bound and ends at half of it', () => {
    const answers: boolean[] = []
    let strained = false
    for (const p99Ms of [0, 200, 201, 150, 101, 100, 150, 200, 300, 99]) {
      strained = isStrained(strained, { p99Ms, maxLoopDelayMs: 200 })
      answers.push(strained)
    }
    expect(answers).toEqual([false, false, true, true, true, false, false, false, true, false])
  })
})
