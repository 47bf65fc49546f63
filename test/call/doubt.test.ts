import { describe, expect, it } from 'vitest'
import type { Heard } from '../../src/call/event.ts'
import { aheadOfStep } from '../../src/call/machine.ts'
import { Fed, done, fires, half, lost, opened, ready, replying, started, turn } from './support/fed.ts'

const redial = fires('redial')
/** Our own ear heard something that began after everything the model has told of. */
const paused = { kind: 'callerPaused', beganAtMs: 1_000_000 } as const
const answered = { kind: 'sessionAnswered' } as const
const probe = { kind: 'probeSession' }
const waits = [
  { kind: 'setTimer', name: 'hold', delayMs: 2_500 },
  { kind: 'setTimer', name: 'silentModel', delayMs: 8_000 },
  { kind: 'setTimer', name: 'decision', delayMs: 11_000 },
]

describe('step() when our own ear heard the caller and the model has told of nothing', () => {
  it('asks the session for an answer, and lets the wait of the caller begin', () => {
    const call = new Fed().feed(...opened).feed(paused)
    expect(call.effects).toEqual([probe, ...waits, { kind: 'cancelTimer', name: 'idle' }])
    expect(call.feed(fires('hold')).did('playClip')).toMatchObject([{ sentence: 'hold' }])
  })

  it('leaves it at that when the session answers: it was no speech, and nothing is said about it', () => {
    const call = new Fed().feed(...opened, paused).feed(answered)
    expect(call.state.turns.replyDue).toBeUndefined()
    expect(call.did('cancelTimer')).toContainEqual({ kind: 'cancelTimer', name: 'hold' })
    expect(call.did('setTimer')).toMatchObject([{ name: 'idle' }])
  })

  it('asks nothing when the model has told of that turn and its end', () => {
    const call = new Fed().feed(...opened, ...turn('item_u')).feed({ ...paused, beganAtMs: 0 })
    expect(call.effects).toEqual([])
  })

  it('asks when the model has told of the beginning alone', () => {
    const call = new Fed().feed(...opened, { kind: 'speechStarted', itemId: 'item_u', heard: [] })
    expect(call.feed({ ...paused, beganAtMs: 0 }).did('probeSession')).toEqual([probe])
    call.feed(answered)
    expect(call.state.turns).toMatchObject({ callerSpeaking: true, replyDue: undefined })
  })

  it('asks once at a time', () => {
    const call = new Fed().feed(...opened, paused)
    expect(call.feed(paused).did('probeSession')).toEqual([])
    expect(call.feed(answered, paused).did('probeSession')).toEqual([probe])
    expect(call.feed(paused).did('setTimer')).toEqual(waits.slice(0, 1))
  })

  it('lets a caller who waits already, and has spoken again, hear something in time', () => {
    const call = new Fed().feed(...opened, ...turn('item_u'), fires('hold')).feed(paused)
    expect(call.did('setTimer')).toEqual(waits.slice(0, 1))
  })

  it('goes on waiting for a reply that was due before', () => {
    const call = new Fed().feed(...opened, ...turn('item_u'), paused).feed(answered)
    expect(call.state.turns.replyDue).toBe('asked')
    expect(call.effects).toEqual([])
  })

  it('does not let the caller wait longer when the session is lost and the next one hears it all again', () => {
    const call = new Fed().feed(...opened, paused).feed(lost, redial)
    expect(call.did('cancelTimer', 'requestReply')).toEqual([])
    expect(call.feed(ready).did('probeSession', 'requestReply')).toEqual([probe])
    call.feed(...turn('item_v'), ...turn('item_w'), answered)
    expect(call.did('setTimer', 'cancelTimer')).toEqual([])
    expect(call.state.turns.replyDue).toBe('asked')
  })

  it('begins the wait anew when the caller goes on speaking to the next session', () => {
    const call = new Fed().feed(...opened, paused, lost, redial, ready)
    call.feed({ kind: 'speechStarted', itemId: 'item_v', isLive: true, heard: [] })
    expect(call.state.turns.replyDue).toBeUndefined()
  })

  describe('and the caller is asked for patience', () => {
    const speaks = { kind: 'speechStarted', itemId: 'item_v', isLive: false } as const
    const hold = { kind: 'clip', clipId: 2, sentence: 'hold' } as const
    const begun: Heard = { utterance: hold, sentMs: 1_440, heardMs: 10, complete: true }
    const next = () => new Fed().feed(...opened, paused, lost, redial, ready).feed(fires('hold'))

    it('says that to its end, when the next session tells of those words only now', () => {
      const call = next()
      expect(aheadOfStep(call.state, { ...speaks, heard: [begun], atMs: call.atMs })).toEqual([])
      expect(call.feed({ ...speaks, heard: [begun] }).did('clearPlayback', 'recordTurn')).toEqual([])
      call.feed({ kind: 'responseStarted', responseId: 'resp_1' })
      expect(call.did('dropReply')).toEqual([{ kind: 'dropReply', responseId: 'resp_1' }])
      call.feed({ kind: 'utteranceHeard', utterance: hold, heardMs: 1_440, quiet: true })
      expect(call.did('recordTurn')).toMatchObject([{ turn: { interrupted: false, heardMs: 1_440 } }])
    })

    it('drops a reply to the words before those', () => {
      const call = next().feed({ kind: 'responseStarted', responseId: 'resp_1' })
      call.feed({ ...speaks, heard: [begun] })
      expect(call.did('clearPlayback', 'dropReply')).toEqual([{ kind: 'dropReply', responseId: 'resp_1' }])
    })

    it('is silent for words that are said now', () => {
      const call = next().feed({ ...speaks, isLive: true, heard: [begun] })
      expect(call.did('clearPlayback', 'playClip')).toEqual([{ kind: 'clearPlayback' }])
    })

    it('says it at once, where a reply is cut off that it was to follow', () => {
      const call = new Fed().feed(...opened, ...turn('item_u'), ...replying, paused, fires('hold'))
      call.feed({ ...speaks, heard: [half, { ...begun, heardMs: 0 }] })
      expect(call.did('clearPlayback', 'playClip')).toMatchObject([
        { kind: 'clearPlayback' },
        { kind: 'playClip', sentence: 'hold' },
      ])
    })
  })

  it('waits no more for a turn that the next session has heard as one with another', () => {
    const call = new Fed().feed(...opened, ...turn('item_u'), ...turn('item_v'), lost, redial, ready)
    call.feed(...turn('item_w'), answered, ...replying)
    call.feed({ kind: 'callerTranscriptFailed', itemId: 'item_w', code: 'unknown' })
    expect(call.did('forgetCaller')).toEqual([{ kind: 'forgetCaller', turnIsOpen: false }])
    call.feed(done('completed'), lost)
    expect(call.state.leg).toMatchObject({ turnOpen: false, doubted: false })
  })

  it('lets the wait begin where there is no session at all', () => {
    const call = new Fed().feed(...opened, lost).feed(paused)
    expect(call.did('probeSession')).toEqual([])
    expect(call.did('setTimer')).toEqual(waits)
  })

  it('takes nothing for words of the caller that is heard before there is a stream, or after the last word', () => {
    expect(new Fed().feed(paused).effects).toEqual([])
    const closing = new Fed().feed(...opened, { kind: 'shutdown', heard: [] })
    expect(closing.feed(paused).effects).toEqual([])
  })

  it('says nothing while the caller speaks after all', () => {
    const call = new Fed().feed(...opened, paused, { kind: 'speechStarted', itemId: 'item_u', heard: [] })
    expect(call.feed(fires('hold')).did('playClip')).toEqual([])
    expect(call.state.turns.replyDue).toBeUndefined()
  })
})

describe('step() when the caller has waited long', () => {
  it('gives the model up at last, however many sessions were tried meanwhile', () => {
    const call = new Fed().feed(...opened, ...turn('item_u'), lost, redial, ready, lost, redial, ready)
    expect(call.feed(fires('decision')).did('playClip')).toMatchObject([{ sentence: 'handOver' }])
  })

  it('waits for a tool that runs, and then for the reply to it', () => {
    const call = new Fed().feed(
      started,
      ready,
      ...opened.slice(2),
      ...turn('item_u'),
      ...replying.slice(0, 1),
    )
    call.feed({
      kind: 'toolRequested',
      responseId: 'resp_1',
      callId: 'call_1',
      name: 'look_up',
      arguments: '{}',
    })
    call.feed(done('completed'))
    expect(call.feed(fires('decision')).effects).toEqual([])
    call.feed({ kind: 'toolFinished', callId: 'call_1', outcome: { status: 'done', output: '{}' } })
    expect(call.did('setTimer')).toEqual(waits)
  })

  it('asks whether anybody is there after the same silence, when a session is lost in it', () => {
    const call = new Fed().feed(...opened).feed(lost, redial, ready)
    expect(call.did('setTimer', 'cancelTimer').filter((one) => 'name' in one && one.name === 'idle')).toEqual(
      [],
    )
    expect(call.feed(fires('idle')).did('playClip')).toMatchObject([{ sentence: 'idlePrompt' }])
  })
})
