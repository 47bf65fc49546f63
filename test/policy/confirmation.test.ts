import { describe, expect, it } from 'vitest'
import {
  ConfirmationStateError,
  isBeingAsked,
  isOpen,
  isRunning,
  moved,
  questionAt,
} from '../../src/policy/confirmation.ts'
import { confirmation } from './records.ts'

const final = ['confirmed', 'denied', 'expired', 'superseded', 'cancelled'] as const
const all = ['proposed', 'asked', ...final] as const

describe('moved()', () => {
  it.each(final)('never moves what is %s', (state) => {
    for (const to of all)
      expect(() => moved(confirmation({ state }), { state: to, atMs: 9 })).toThrow(ConfirmationStateError)
  })

  it('forgets when a question was heard that is put again', () => {
    const asked = moved(confirmation(), { state: 'asked', atMs: 5 })
    expect([asked.askedAtMs, asked.sinceMs]).toEqual([5, 5])
    expect(moved(asked, { state: 'confirmed', atMs: 9 })).toMatchObject({ askedAtMs: 5, sinceMs: 9 })
    expect(moved(asked, { state: 'proposed', atMs: 9 }).askedAtMs).toBeUndefined()
  })
})

describe('a record', () => {
  it('is open until it is final, and runs until its use is over', () => {
    expect(all.filter((state) => isOpen(confirmation({ state })))).toEqual(['proposed', 'asked'])
    expect(all.filter((state) => isRunning(confirmation({ state })))).toEqual(['confirmed'])
    const uses = ['unused', 'committed', 'revoked', 'finished'] as const
    expect(uses.filter((use) => isRunning(confirmation({ state: 'confirmed', use })))).toEqual([
      'unused',
      'committed',
    ])
  })

  it('is asked about while a question is on its way or heard', () => {
    const asking = {
      number: 1,
      way: 'model',
      requestedAtMs: 0,
      startedAtMs: undefined,
      audioMs: undefined,
    } as const
    expect(all.filter((state) => isBeingAsked(confirmation({ state })))).toEqual(['asked'])
    expect(all.filter((state) => isBeingAsked(confirmation({ state, asking })))).toEqual([
      'proposed',
      'asked',
    ])
  })
})

describe('questionAt()', () => {
  it('has other words for each asking', () => {
    expect([1, 2, 3].map((attempt) => questionAt(confirmation(), attempt))).toEqual([
      'Shall I?',
      'Shall I, again?',
      'Shall I, at last?',
    ])
  })
})
