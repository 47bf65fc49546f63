import { describe, expect, it } from 'vitest'
import { Fed, started, ready, opened, turn, replying, half, done, endCall } from './support/fed.ts'

const broke = { kind: 'streamEnded', reason: 'closed', heard: [half] } as const
const sessionClosed = { kind: 'timer', name: 'detachedSession', heard: [] } as const
const again = { ...started, streamSid: 'MZ2' } as const
const anew = { ...again, sessionAlive: false } as const
const resumption = { kind: 'requestReply', purpose: 'resumption' }

describe('step() between two streams', () => {
  it('goes on after a break in which a reply was due or cut off, and waits for it with a bound', () => {
    for (const before of [turn('item_u'), [...turn('item_u'), ...replying]]) {
      const call = new Fed().feed(...opened, ...before, broke, again)
      expect(call.did('requestReply')).toEqual([resumption])
      expect(call.effects.slice(-4)).toContainEqual({ kind: 'setTimer', name: 'silentModel', delayMs: 8_000 })
    }
  })

  it('asks a session that was opened after the break as soon as it is ready', () => {
    const call = new Fed().feed(...opened, ...turn('item_u'), ...replying, broke, sessionClosed, anew)
    expect(call.did('requestReply')).toEqual([])
    call.feed(ready)
    expect(call.did('requestReply')).toEqual([resumption])
    call.feed({ kind: 'responseStarted', responseId: 'resp_2' })
    call.feed({ kind: 'replySounding', itemId: 'item_s', responseId: 'resp_2', deltaAtMs: 1 })
    call.feed({ kind: 'responseDone', responseId: 'resp_2', status: 'completed', retryable: false })
    call.feed({
      kind: 'utteranceHeard',
      utterance: { kind: 'reply', itemId: 'item_s', responseId: 'resp_2' },
      heardMs: 500,
      quiet: true,
    })
    expect(call.did('setTimer')).toEqual([{ kind: 'setTimer', name: 'idle', delayMs: 12_000 }])
  })

  it('says nothing of its own after a break in a silence, but watches over the silence that follows', () => {
    const call = new Fed().feed(...opened).feed({ ...broke, heard: [] }, again)
    expect(call.did('requestReply', 'playClip')).toEqual([])
    expect(call.did('setTimer').at(-1)).toEqual({ kind: 'setTimer', name: 'idle', delayMs: 12_000 })
  })

  it('lets nothing begin that nobody hears, and owes it to the next stream', () => {
    const call = new Fed().feed(...opened).feed({ ...broke, heard: [] })
    call.feed({ kind: 'responseStarted', responseId: 'resp_1' })
    expect(call.did('dropReply', 'cancelReply')).toHaveLength(2)
    call.feed(done('cancelled'), again)
    expect(call.did('requestReply')).toEqual([resumption])
  })

  it('owes what a tool found out meanwhile', () => {
    const call = new Fed().feed(...opened, ...turn('item_u'), ...replying)
    call.feed({ kind: 'toolRequested', responseId: 'resp_1', callId: 'call_1', name: 'x', arguments: '{}' })
    call.feed(broke, { kind: 'toolFinished', callId: 'call_1', outcome: { status: 'done', output: '{}' } })
    expect(call.did('answerTool', 'requestReply')).toMatchObject([{ kind: 'answerTool' }])
    expect(call.feed(again).did('requestReply')).toEqual([resumption])
  })

  it('leaves the word to a caller who goes on speaking', () => {
    const call = new Fed().feed(...opened, ...turn('item_u'), ...replying, broke)
    call.feed({ kind: 'speechStarted', itemId: 'item_v', heard: [] }, again)
    expect(call.did('requestReply')).toEqual([])
    call.feed({ kind: 'speechStopped', itemId: 'item_v' }, { kind: 'turnCommitted', itemId: 'item_v' })
    expect(call.state.replyOwed).toBeUndefined()
  })

  it('plays a disclosure that the break cut off', () => {
    const call = new Fed().feed(started, ready, { ...broke, heard: [] }, again)
    expect(call.did('playClip').slice(2)).toMatchObject([{ sentence: 'disclosure' }])
  })

  it('the maximum length holds between two streams, and during a goodbye that could be called back', () => {
    const reached = { kind: 'timer', name: 'lengthReached', heard: [] } as const
    const detached = new Fed().feed(...opened, broke, reached)
    expect(detached.did('hangUp')).toHaveLength(1)
    expect(detached.state.closing?.ending).toBe('maximumLength')
    const toolCall = { kind: 'toolFinished', callId: 'call_1', outcome: endCall } as const
    const closing = new Fed().feed(...opened, ...turn('item_u'), ...replying, toolCall, reached)
    closing.feed({ kind: 'speechStarted', itemId: 'item_v', heard: [] })
    expect(closing.state.phase).toBe('closing')
  })

  it('closes a stream that starts when the call is ending', () => {
    const call = new Fed().feed(...opened, broke, { kind: 'timer', name: 'reattach', heard: [] }).feed(again)
    expect(call.state.phase).toBe('hangingUp')
    expect(call.effects).toMatchObject([{ kind: 'closeStream' }])
  })
})

describe('step() when the network tells of the end', () => {
  it('keeps the reason of a call that ended before and waits for late words', () => {
    const call = new Fed().feed(...opened, ...turn('item_u'), {
      kind: 'streamEnded',
      reason: 'stop',
      heard: [],
    })
    expect(call.state.phase).toBe('wrapUp')
    call.feed({ kind: 'statusChanged', status: 'completed', heard: [] }, sessionClosed)
    expect(call.did('finish')).toEqual([{ kind: 'finish', ending: 'callerHungUp' }])
  })
})

describe('step() shutdown', () => {
  const shutdown = { kind: 'shutdown', heard: [] } as const

  it.each([
    ['ringing', []],
    ['detached', [...opened, broke]],
  ] as const)('hangs up a call that is %s', (_phase, before) => {
    const call = new Fed().feed(...before, shutdown)
    expect(call.did('hangUp')).toHaveLength(1)
    call.feed({ kind: 'hangUpDone', ok: true, heard: [] })
    expect(call.did('finish')).toEqual([{ kind: 'finish', ending: 'shutdown' }])
  })

  it('lets a goodbye be heard that is being said, and a hang-up be answered', () => {
    const endCallDone = { kind: 'toolFinished', callId: 'call_1', outcome: endCall } as const
    const call = new Fed().feed(...opened, ...turn('item_u'), ...replying, endCallDone).feed(shutdown)
    const onlyEndsGate = [{ kind: 'endGate', reason: 'stopping' }]
    expect(call.effects).toEqual(onlyEndsGate)
    call.feed({ kind: 'timer', name: 'closing', heard: [] })
    expect(call.feed(shutdown).effects).toEqual(onlyEndsGate)
    expect(call.state.phase).toBe('hangingUp')
  })
})
