import { describe, expect, it } from 'vitest'
import type { CallEvent } from '../../src/call/event.ts'
import { Fed, opened, turn, reply, replying, half, done, endCall } from './support/fed.ts'

const stalled = { kind: 'replyStalled', ...reply } as const
const hold = { kind: 'timer', name: 'hold', heard: [] } as const
const silent = { kind: 'timer', name: 'silentModel', heard: [] } as const
const goesOn = { kind: 'replySounding', ...reply, deltaAtMs: 1 } as const
const heardOut = {
  kind: 'utteranceHeard',
  utterance: { kind: 'reply', ...reply },
  heardMs: 900,
  quiet: true,
} as const
const toolCall = {
  kind: 'toolRequested',
  responseId: 'resp_1',
  callId: 'call_1',
  name: 'x',
  arguments: '{}',
} as const
const toolDone = {
  kind: 'toolFinished',
  callId: 'call_1',
  outcome: { status: 'done', output: '{}' },
} as const
const toolEndsCall = { ...toolDone, outcome: endCall } as const

function names(call: Fed): readonly string[] {
  return call.did('playClip').map((effect) => (effect.kind === 'playClip' ? effect.sentence : ''))
}

describe('step() waiting for the model', () => {
  it('a reply that stops half way is waited for like one that never came', () => {
    const call = new Fed().feed(...opened, ...turn('item_u'), ...replying).feed(stalled)
    expect(call.did('setTimer')).toContainEqual({ kind: 'setTimer', name: 'silentModel', delayMs: 8_000 })
    expect(names(call.feed(hold))).toEqual(['hold'])
    expect(names(call.feed(silent, silent))).toEqual(['handOver'])
  })

  it('a reply that goes on, or proves to be at its end, is not waited for any more', () => {
    const goingOn = new Fed().feed(...opened, ...turn('item_u'), ...replying, stalled).feed(goesOn)
    expect(goingOn.did('cancelTimer')).toContainEqual({ kind: 'cancelTimer', name: 'silentModel' })
    const ended = new Fed().feed(...opened, ...turn('item_u'), ...replying, stalled, heardOut)
    ended.feed(done('completed'))
    expect(ended.state.turns.replyDue).toBeUndefined()
    expect(ended.did('setTimer')).toEqual([{ kind: 'setTimer', name: 'idle', delayMs: 12_000 }])
  })

  it('a tool that takes long is bridged by the hold sentence and not taken for a lost model', () => {
    const call = new Fed().feed(
      ...opened,
      ...turn('item_u'),
      ...replying.slice(0, 1),
      toolCall,
      done('completed'),
    )
    expect(names(call.feed(hold))).toEqual(['hold'])
    call.feed(silent)
    expect(names(call)).toEqual(['hold'])
    expect(call.did('setTimer')).toEqual([{ kind: 'setTimer', name: 'silentModel', delayMs: 8_000 }])
    expect(names(call.feed(toolDone, silent, silent))).toEqual(['handOver'])
  })

  it('the silence after a preamble, while a tool runs, is bridged too', () => {
    const call = new Fed().feed(...opened, ...turn('item_u'), ...replying, toolCall, done('completed'))
    call.feed(heardOut)
    expect(call.did('setTimer')).toContainEqual({ kind: 'setTimer', name: 'hold', delayMs: 2_500 })
  })

  it('the end of a response does not end the wait for the reply that a tool result asked for', () => {
    const call = new Fed().feed(
      ...opened,
      ...turn('item_u'),
      ...replying,
      toolCall,
      toolDone,
      done('completed'),
    )
    expect(call.state.turns.replyDue).toBe('asked')
  })

  it('a caller who speaks while a sentence cannot be cut is not hung up on for a reply that is late', () => {
    const call = new Fed()
    call.feed(...opened.slice(0, 2))
    for (const itemId of ['item_1', 'item_2']) {
      call.feed({ kind: 'speechStarted', itemId, heard: [] }, { kind: 'speechStopped', itemId })
    }
    call.feed({ kind: 'turnCommitted', itemId: 'item_2' })
    call.feed({ kind: 'speechStarted', itemId: 'item_3', heard: [] })
    expect(call.did('clearPlayback')).toEqual([])
    expect(names(call.feed(silent))).toEqual([])
  })

  it('a model that calls too many tools is asked to speak, and given up in time', () => {
    const calls = Array.from({ length: 8 }, (_, index) => ({ ...toolCall, callId: `call_${index}` }))
    const call = new Fed().feed(...opened, ...turn('item_u'), ...replying.slice(0, 1), ...calls)
    call.feed({ ...toolCall, callId: 'call_9' })
    expect(call.did('answerTool', 'requestReply', 'setTimer')).toMatchObject([
      { kind: 'answerTool' },
      { kind: 'requestReply' },
    ])
  })
})

describe('step() goodbye of a model that fails', () => {
  const closing: readonly Timeless[] = [...opened, ...turn('item_u'), ...replying, toolCall, toolEndsCall]

  it('a goodbye that stops half way is waited for shortly, and heard to its end when it goes on', () => {
    const call = new Fed().feed(...closing).feed(stalled)
    expect(call.effects).toEqual([{ kind: 'setTimer', name: 'closing', delayMs: 2_500 }])
    expect(call.feed(goesOn).did('setTimer')).toEqual([
      { kind: 'setTimer', name: 'closing', delayMs: 20_000 },
    ])
  })

  it('a response whose end never comes does not hold the line after the last word', () => {
    const call = new Fed().feed(...closing, heardOut)
    expect(call.did('hangUp')).toHaveLength(1)
    const late = new Fed().feed(...opened, ...turn('item_u'), ...replying)
    late.feed({ kind: 'timer', name: 'lengthReached', heard: [half] })
    const clipId = late.state.sounding.clips[0]?.clipId ?? -1
    late.feed({
      kind: 'utteranceHeard',
      utterance: { kind: 'clip', clipId, sentence: 'goodbye' },
      heardMs: 900,
      quiet: true,
    })
    expect(late.did('hangUp')).toHaveLength(1)
  })

  it('says our goodbye when the model said none and only asked for patience', () => {
    const call = new Fed().feed(...opened, ...turn('item_u'), hold, toolCall).feed(toolEndsCall)
    expect(names(call)).toEqual(['goodbye'])
  })

  it('asks for nothing more when a response fails during the goodbye', () => {
    const call = new Fed().feed(...opened, ...turn('item_u'), replying[0], toolCall, toolEndsCall)
    expect(call.feed(done('failed', true)).did('requestReply')).toEqual([])
  })
})

type Timeless<Event = CallEvent> = Event extends { atMs: number } ? Omit<Event, 'atMs'> : never
