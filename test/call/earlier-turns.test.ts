import { describe, expect, it } from 'vitest'
import { turnsAfter } from '../../src/call/earlier-turns.ts'
import { noTurns } from '../../src/policy/caller-turns.ts'
import type { DeskEvent } from '../../src/policy/confirmation-desk.ts'

const started = { kind: 'speechStarted', itemId: 'item_1', sessionId: 'CA1', atMs: 100 } as const
const stopped = { kind: 'speechStopped', itemId: 'item_1', atMs: 900 } as const
const words = (text: string) => ({ kind: 'transcript', itemId: 'item_1', text, atMs: 1_200 }) as const
const failed = { kind: 'transcriptFailed', itemId: 'item_1', atMs: 1_200 } as const

function after(events: readonly DeskEvent[], transcribes = true) {
  return events.reduce((turns, event) => turnsAfter(turns, event, transcribes), noTurns)
}

describe('turnsAfter()', () => {
  it('keeps a turn open until its words are known', () => {
    const turn = { itemId: 'item_1', sessionId: 'CA1', startedAtMs: 100, stoppedAtMs: undefined }
    expect(after([started])).toEqual({ open: [turn], lastWordsStartedAtMs: undefined })
    const open = [{ ...turn, stoppedAtMs: 900 }]
    expect(after([started, stopped])).toEqual({ open, lastWordsStartedAtMs: undefined })
    expect(after([started, stopped, words('Hello')])).toEqual({ open: [], lastWordsStartedAtMs: 100 })
  })

  it('counts no turn as spoken that has no words', () => {
    const silent = { open: [], lastWordsStartedAtMs: undefined }
    expect(after([started, stopped, words(' … ')])).toEqual(silent)
    expect(after([started, stopped, failed])).toEqual(silent)
    expect(after([words('Hello')])).toEqual(silent)
  })

  it('takes the end of a turn for all there will be where nothing is transcribed', () => {
    expect(after([started, stopped], false)).toEqual({ open: [], lastWordsStartedAtMs: 100 })
  })

  it('changes nothing at what is no turn', () => {
    expect(after([started, { kind: 'key', key: '1', atMs: 200 }])).toEqual(after([started]))
  })
})
