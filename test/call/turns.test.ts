import { describe, expect, it } from 'vitest'
import type { Heard } from '../../src/call/event.ts'
import { Fed, opened, turn, reply, replying, half, done, fires } from './support/fed.ts'

describe('step() barge-in', () => {
  it('clears, truncates at what was heard, drops late audio and never cancels what the server cancels', () => {
    const call = new Fed().feed(...opened, ...turn('item_u'), ...replying)
    call.feed({ kind: 'speechStarted', itemId: 'item_v', heard: [half] })
    expect(call.did('clearPlayback', 'dropReply', 'truncateReply', 'cancelReply')).toEqual([
      { kind: 'clearPlayback' },
      { kind: 'dropReply', responseId: 'resp_1' },
      { kind: 'truncateReply', itemId: 'item_r', heardMs: 1_000 },
    ])
    expect(call.did('recordTurn')).toMatchObject([
      { turn: { speaker: 'agent', text: 'The party', heardMs: 1_000, interrupted: true } },
    ])
  })

  it('truncates at 0 ms what was queued and what was begun but never sent', () => {
    const later: Heard = {
      utterance: { kind: 'reply', itemId: 'item_s', responseId: 'resp_1' },
      sentMs: 500,
      heardMs: 0,
      complete: false,
    }
    const call = new Fed().feed(...opened, ...turn('item_u'), ...replying)
    call.feed({ kind: 'replySounding', itemId: 'item_s', responseId: 'resp_1', deltaAtMs: 1 })
    call.feed({ kind: 'replyStarted', itemId: 'item_t', responseId: 'resp_1' })
    call.feed({ kind: 'speechStarted', itemId: 'item_v', heard: [half, later] })
    expect(call.did('truncateReply')).toEqual([
      { kind: 'truncateReply', itemId: 'item_r', heardMs: 1_000 },
      { kind: 'truncateReply', itemId: 'item_s', heardMs: 0 },
    ])
    call.feed(done('cancelled'))
    expect(call.did('truncateReply')).toEqual([{ kind: 'truncateReply', itemId: 'item_t', heardMs: 0 }])
  })

  it('does not truncate a reply that was heard to its end', () => {
    const whole: Heard = { ...half, heardMs: 2_000, complete: true }
    const call = new Fed().feed(...opened, ...turn('item_u'), ...replying, done('completed'))
    call.feed({ kind: 'speechStarted', itemId: 'item_v', heard: [whole] })
    expect(call.did('truncateReply')).toEqual([])
    expect(call.did('recordTurn')).toMatchObject([
      { turn: { interrupted: false, text: 'The party starts at eight.' } },
    ])
  })

  it('does nothing when nothing is played and nothing runs', () => {
    const call = new Fed().feed(...opened).feed({ kind: 'speechStarted', itemId: 'item_u', heard: [] })
    expect(call.did('clearPlayback', 'truncateReply', 'dropReply', 'cancelReply')).toEqual([])
  })

  it('cancels a response that begins while the caller is speaking', () => {
    const call = new Fed().feed(...opened, { kind: 'speechStarted', itemId: 'item_u', heard: [] })
    call.feed({ kind: 'responseStarted', responseId: 'resp_9' })
    expect(call.did('dropReply', 'cancelReply')).toEqual([
      { kind: 'dropReply', responseId: 'resp_9' },
      { kind: 'cancelReply', responseId: 'resp_9' },
    ])
  })
})

describe('step() turns', () => {
  it('records turns in the order they were spoken, also when words come late', () => {
    const call = new Fed().feed(...opened, ...turn('item_u'), ...replying, done('completed'))
    call.feed({ kind: 'callerTranscript', itemId: 'item_u', text: 'When is the party?', final: true })
    expect(call.did('recordTurn')).toMatchObject([
      { turn: { seq: 2, speaker: 'caller', text: 'When is the party?', source: 'transcript' } },
    ])
  })

  it('takes words that come before the turn was committed', () => {
    const call = new Fed().feed(...opened, { kind: 'speechStarted', itemId: 'item_u', heard: [] })
    call.feed({ kind: 'callerTranscript', itemId: 'item_u', text: 'Hi', final: true })
    expect(call.did('recordTurn')).toMatchObject([{ turn: { speaker: 'caller', text: 'Hi' } }])
    call.feed({ kind: 'turnCommitted', itemId: 'item_u' })
    expect(call.did('recordTurn')).toEqual([])
  })

  it('measures a turn from the end of speech to the first delta, media and mark', () => {
    const call = new Fed().feed(...opened, ...turn('item_u'))
    const stoppedAtMs = call.state.turns.speechStoppedAtMs ?? 0
    call.feed(...replying.slice(0, 3), { kind: 'replySounding', ...reply, deltaAtMs: stoppedAtMs + 100 })
    expect(call.did('observe')).toMatchObject([
      { name: 'turn_first_delta_ms', valueMs: 100 },
      { name: 'turn_first_media_ms' },
    ])
    call.feed({ kind: 'firstHeard', utterance: { kind: 'reply', ...reply } })
    expect(call.did('observe')).toMatchObject([{ name: 'turn_first_mark_ms' }])
    const firstMarkMs = call.atMs - stoppedAtMs
    expect(call.did('recordTurn')).toEqual([])
    call.feed({ kind: 'utteranceHeard', utterance: { kind: 'reply', ...reply }, heardMs: 500, quiet: true })
    expect(call.did('recordTurn')).toMatchObject([{ turn: { firstDeltaMs: 100, firstMarkMs } }])
  })

  it('asks for patience when a reply is late, tries another session, and gives up when none comes', () => {
    const call = new Fed().feed(...opened, ...turn('item_u'))
    expect(call.did('setTimer')).toContainEqual({ kind: 'setTimer', name: 'hold', delayMs: 2_500 })
    call.feed({ kind: 'timer', name: 'hold', heard: [] })
    expect(call.did('playClip')).toMatchObject([{ sentence: 'hold' }])
    call.feed(fires('silentModel'))
    expect(call.did('openSession')).toHaveLength(1)
    call.feed(fires('silentModel'))
    expect(call.did('playClip')).toMatchObject([{ sentence: 'handOver' }])
    expect(call.state.closing).toEqual({ ending: 'modelLost', revocable: false, last: 'handOver' })
  })

  it('asks once more for a reply that failed unheard, and gives up when that cannot help', () => {
    const call = new Fed().feed(...opened, ...turn('item_u'), replying[0]).feed(done('failed', true))
    expect(call.did('requestReply', 'playClip')).toEqual([{ kind: 'requestReply', purpose: 'retry' }])
    call.feed(replying[0], done('failed', true))
    expect(call.did('requestReply', 'playClip')).toMatchObject([{ kind: 'playClip', sentence: 'handOver' }])
    const quota = new Fed().feed(...opened, ...turn('item_u'), replying[0]).feed(done('failed', false))
    expect(quota.did('requestReply', 'playClip')).toMatchObject([{ kind: 'playClip', sentence: 'handOver' }])
  })

  it('pads silence only while the caller is speaking', () => {
    const call = new Fed().feed(...opened).feed({ kind: 'mediaPaused', silentMs: 750 })
    expect(call.did('padSilence')).toEqual([])
    call.feed({ kind: 'speechStarted', itemId: 'item_u', heard: [] }, { kind: 'mediaPaused', silentMs: 750 })
    expect(call.did('padSilence')).toEqual([{ kind: 'padSilence', ms: 1_000 }])
  })
})

describe('step() when a model begins items without an end', () => {
  it('remembers 64 of a reply, and 64 of what is being heard', () => {
    const call = new Fed().feed(...opened, { kind: 'responseStarted', responseId: 'resp_1' })
    for (let item = 0; item < 200; item++) {
      call.feed({ kind: 'replyStarted', responseId: 'resp_1', itemId: `item_${item}` })
    }
    expect(call.state.turns.replies[0]?.silentItemIds).toHaveLength(64)
    for (let item = 0; item < 200; item++) {
      call.feed({ kind: 'replySounding', responseId: 'resp_1', itemId: `item_${item}`, deltaAtMs: 1 })
    }
    expect(call.state.sounding.replyItemIds).toHaveLength(64)
  })
})
