import { describe, expect, it } from 'vitest'
import { Fed, started, heardClip, opened, turn, reply, replying, half, done, endCall } from './support/fed.ts'

describe('step() ending', () => {
  const ending = [
    ...opened,
    ...turn('item_u'),
    ...replying,
    { kind: 'toolRequested', responseId: 'resp_1', callId: 'call_1', name: 'end_call', arguments: '{}' },
    { kind: 'toolFinished', callId: 'call_1', outcome: endCall },
  ] as const

  it('end_call waits until the goodbye of the model was heard, then hangs up by REST before the socket', () => {
    const call = new Fed().feed(...ending)
    expect(call.did('playClip', 'requestReply')).toHaveLength(2)
    call.feed(done('completed'))
    expect(call.did('hangUp')).toEqual([])
    call.feed({ kind: 'utteranceHeard', utterance: { kind: 'reply', ...reply }, heardMs: 2_000, quiet: true })
    expect(call.did('hangUp', 'closeStream')).toEqual([{ kind: 'hangUp' }])
    call.feed({ kind: 'hangUpDone', ok: true, heard: [] })
    expect(call.did('closeStream', 'finish')).toMatchObject([{ code: 1000 }])
  })

  it('end_call without a word of the model says our goodbye', () => {
    const call = new Fed().feed(...opened, ...turn('item_u'), replying[0], ...ending.slice(-2))
    expect(call.did('playClip').at(-1)).toMatchObject({ sentence: 'goodbye' })
  })

  it('the caller may call a goodbye back, but not for ever', () => {
    const call = new Fed().feed(...ending)
    call.feed({ kind: 'speechStarted', itemId: 'item_w', heard: [half] })
    expect(call.state.phase).toBe('live')
    expect(call.did('clearPlayback')).toHaveLength(1)
    expect(
      new Fed({ ...call.state, revocations: 2 }).feed(ending.at(-1) ?? started).state.closing?.revocable,
    ).toBe(false)
  })

  it('warns before the maximum length and says goodbye at it, whatever is being said', () => {
    const call = new Fed().feed(...opened)
    call.feed({ kind: 'timer', name: 'lengthWarning', heard: [] })
    expect(call.did('playClip')).toMatchObject([{ sentence: 'timeAlmostUp' }])
    call.feed(...turn('item_u'), ...replying).feed({ kind: 'timer', name: 'lengthReached', heard: [half] })
    expect(call.did('clearPlayback', 'cancelReply', 'playClip')).toMatchObject([
      { kind: 'clearPlayback' },
      { kind: 'cancelReply' },
      { sentence: 'goodbye' },
    ])
    call.feed({ kind: 'speechStarted', itemId: 'item_x', heard: [] })
    expect(call.state.phase).toBe('closing')
    expect(call.state.closing?.ending).toBe('maximumLength')
  })

  it('hangs up when the last sentence is never heard', () => {
    const call = new Fed().feed(...ending).feed({ kind: 'timer', name: 'closing', heard: [] })
    expect(call.did('hangUp')).toHaveLength(1)
    call.feed({ kind: 'timer', name: 'hangUp', heard: [] })
    expect(call.did('closeStream')).toHaveLength(1)
  })

  it('a caller who hangs up mid-word: late words are waited for, then the record is complete', () => {
    const call = new Fed().feed(...opened, ...turn('item_u'))
    call.feed({ kind: 'streamEnded', reason: 'stop', heard: [] })
    expect(call.did('finish')).toEqual([])
    expect(call.did('setTimer')).toContainEqual({ kind: 'setTimer', name: 'detachedSession', delayMs: 1_500 })
    call.feed({ kind: 'callerTranscript', itemId: 'item_u', text: 'Wait', final: true })
    expect(call.did('recordTurn', 'closeSession', 'finish')).toMatchObject([
      { turn: { text: 'Wait' } },
      { kind: 'closeSession' },
      { kind: 'finish', ending: 'callerHungUp' },
    ])
  })

  it('words that never come do not hold the record open', () => {
    const call = new Fed().feed(...opened, ...turn('item_u'), {
      kind: 'streamEnded',
      reason: 'stop',
      heard: [],
    })
    call.feed({ kind: 'timer', name: 'detachedSession', heard: [] })
    expect(call.did('finish')).toHaveLength(1)
    expect(call.feed(started).effects).toEqual([])
  })

  it.each(['closed', 'protocolError'] as const)(
    'a stream that ended by %s waits for the next one and goes on without greeting again',
    (reason) => {
      const call = new Fed().feed(...opened, { kind: 'streamEnded', reason, heard: [] })
      expect(call.state.phase).toBe('detached')
      expect(call.did('hangUp')).toEqual([])
      call.feed({ kind: 'timer', name: 'detachedSession', heard: [] })
      expect(call.did('closeSession')).toHaveLength(1)
      call.feed({ ...started, streamSid: 'MZ2', sessionAlive: false })
      expect(call.did('openSession', 'playClip')).toEqual([{ kind: 'openSession', resumed: true }])
      call.feed({ kind: 'streamEnded', reason, heard: [] }, { kind: 'timer', name: 'reattach', heard: [] })
      expect(call.did('hangUp')).toHaveLength(1)
    },
  )

  it.each(['mediaSilence', 'backpressure'] as const)('a stream that ended by %s is hung up', (reason) => {
    const call = new Fed().feed(...opened, { kind: 'streamEnded', reason, heard: [] })
    expect(call.did('hangUp')).toHaveLength(1)
    call.feed({ kind: 'hangUpDone', ok: true, heard: [] })
    expect(call.did('finish')).toEqual([{ kind: 'finish', ending: 'streamLost' }])
  })

  it('a final status ends a call whose socket says nothing', () => {
    const call = new Fed().feed(...opened, { kind: 'statusChanged', status: 'completed', heard: [] })
    expect(call.did('closeStream', 'finish')).toMatchObject([{ code: 1000 }, { ending: 'callerHungUp' }])
  })

  it.each([
    { kind: 'statusChanged', status: 'completed', heard: [half] },
    { kind: 'streamEnded', reason: 'stop', heard: [half] },
    { kind: 'streamEnded', reason: 'shutdown', heard: [half] },
  ] as const)('what was heard of a reply is recorded when the call ends by $kind', (end) => {
    const call = new Fed().feed(...opened, ...turn('item_u'), ...replying).feed(end)
    expect(call.did('recordTurn')).toMatchObject([{ turn: { text: 'The party', heardMs: 1_000 } }])
  })

  it('what was heard of a goodbye is recorded when the socket breaks or the hang-up is answered first', () => {
    const gone = new Fed().feed(...ending).feed({ kind: 'streamEnded', reason: 'closed', heard: [half] })
    expect(gone.did('recordTurn', 'hangUp')).toMatchObject([{ turn: { heardMs: 1_000 } }, { kind: 'hangUp' }])
    const late = new Fed().feed(...ending).feed({ kind: 'timer', name: 'closing', heard: [] })
    late.feed({ kind: 'hangUpDone', ok: true, heard: [half] })
    expect(late.did('recordTurn')).toMatchObject([{ turn: { heardMs: 1_000, interrupted: true } }])
  })

  it('a caller who hangs up during our goodbye has hung up, whoever tells of it first', () => {
    for (const end of [
      { kind: 'statusChanged', status: 'completed', heard: [] },
      { kind: 'streamEnded', reason: 'stop', heard: [] },
    ] as const) {
      const call = new Fed().feed(...ending, end, { kind: 'timer', name: 'detachedSession', heard: [] })
      expect(call.did('finish')).toEqual([{ kind: 'finish', ending: 'callerHungUp' }])
    }
  })

  it('a sentence that could not be played was not heard', () => {
    const call = new Fed().feed(started)
    call.feed({ ...heardClip(0, 'disclosure'), heardMs: 0 })
    expect(call.did('recordTurn')).toMatchObject([{ turn: { text: '', heardMs: 0, interrupted: true } }])
  })

  it('answers the ninth tool call of a turn without running it, and none twice', () => {
    const call = new Fed().feed(...opened, ...turn('item_u'), replying[0])
    call.feed(request('call_0'), request('call_0'))
    expect(call.did('runTool')).toHaveLength(1)
    call.feed(...Array.from({ length: 8 }, (_, index) => request(`call_${index + 1}`)))
    expect(call.did('runTool')).toHaveLength(7)
    expect(call.did('answerTool')).toHaveLength(1)
  })
})

function request(callId: string) {
  return { kind: 'toolRequested', responseId: 'resp_1', callId, name: 'x', arguments: '{}' } as const
}
