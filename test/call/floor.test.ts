import { describe, expect, it } from 'vitest'
import type { Effect } from '../../src/call/effect.ts'
import {
  done,
  Fed,
  fires,
  half,
  heardClip,
  lost,
  opened,
  ready,
  reply,
  replying,
  turn,
} from './support/fed.ts'

const question = { id: 'proposal_1.1', purpose: 'question', text: 'Shall I?' } as const
const sorry = { id: 'say.1', purpose: 'announcement', text: 'I could not ask you.' } as const
const wanted = (saying: typeof question | typeof sorry) => ({ kind: 'sayingWanted', saying }) as const
const stands = (standing: { isOpen?: boolean; isAsking?: boolean; isRunning?: boolean }) =>
  ({
    kind: 'confirmationsMoved',
    standing: { isOpen: false, isAsking: false, isRunning: false, ...standing },
  }) as const
const asking = stands({ isOpen: true, isAsking: true })
const settled = stands({})
const outcome = {
  kind: 'outcomes',
  outcomes: { told: [{ callId: 'call_1', tool: 'send_sms', status: 'done' }], brought: [] },
} as const
const asks = {
  kind: 'toolRequested',
  responseId: 'resp_1',
  callId: 'call_1',
  name: 'x',
  arguments: '{}',
} as const
const answers = (status: 'done' | 'waits', say?: string) =>
  ({
    kind: 'toolFinished',
    callId: 'call_1',
    outcome: { status, output: '{}', ...(say !== undefined && { say }) },
  }) as const
const heardReply = {
  kind: 'utteranceHeard',
  utterance: { kind: 'reply', ...reply },
  heardMs: 2_000,
  quiet: true,
} as const
const spoken = { responseId: 'resp_q', itemId: 'item_q' }
const speaks = (id: string) =>
  [
    { kind: 'responseStarted', responseId: 'resp_q', id },
    { kind: 'replyStarted', ...spoken },
    { kind: 'replySounding', ...spoken, deltaAtMs: 100 },
    { kind: 'responseDone', responseId: 'resp_q', status: 'completed', retryable: false },
  ] as const
const heardQuestion = {
  kind: 'utteranceHeard',
  utterance: { kind: 'reply', ...spoken },
  heardMs: 2_000,
  quiet: true,
} as const
const said = { kind: 'say', ...question } as const
const idleTimer = (call: Fed): readonly Effect[] =>
  call.effects.filter((effect) => 'name' in effect && effect.name === 'idle')

describe('step() with something of ours to say', () => {
  it('has it spoken at once where nobody speaks, and waits for it as for any reply', () => {
    const call = new Fed().feed(...opened).feed(asking, wanted(question))
    expect(call.did('say')).toEqual([said])
    expect(call.state.turns.replyDue).toBe('asked')
    call.feed(...speaks(question.id))
    expect(call.state.turns.replyDue).toBeUndefined()
    expect(call.did('dropReply')).toEqual([])
  })

  it('waits for a reply in progress, and until it was heard', () => {
    const call = new Fed().feed(...opened, ...turn('item_u'), ...replying).feed(asking, wanted(question))
    expect(call.did('say')).toEqual([])
    expect(call.feed(done('completed')).did('say')).toEqual([])
    expect(call.feed(heardReply).did('say')).toEqual([said])
  })

  it('cuts the model short when it talks on for eight seconds, and never the caller', () => {
    const call = new Fed().feed(...opened, ...turn('item_u'), ...replying).feed(asking, wanted(question))
    expect(call.did('setTimer')).toContainEqual({ kind: 'setTimer', name: 'question', delayMs: 8_000 })
    call.feed({ ...fires('question'), heard: [half] })
    expect(call.did('clearPlayback', 'truncateReply', 'cancelReply', 'say')).toEqual([
      { kind: 'clearPlayback' },
      { kind: 'truncateReply', itemId: 'item_r', heardMs: 1_000 },
      { kind: 'cancelReply', responseId: 'resp_1' },
      said,
    ])
    const caller = new Fed().feed(...opened, ...turn('item_u').slice(0, 1), wanted(question))
    expect(caller.feed(fires('question')).did('say', 'setTimer')).toEqual([
      { kind: 'setTimer', name: 'question', delayMs: 8_000 },
    ])
    const quiet = new Fed().feed(...opened).feed(wanted(question))
    expect(quiet.state.floor.isPressing).toBe(false)
  })

  it('does not wait for a reply that has not begun when the caller is asked for patience', () => {
    const call = new Fed().feed(...opened, ...turn('item_u')).feed(asking, wanted(question))
    expect(call.did('say')).toEqual([])
    expect(call.feed(fires('hold'), heardClip(2, 'hold')).did('say')).toEqual([said])
  })

  it('waits for the end of a turn, and for the reply that the provider begins by itself', () => {
    const call = new Fed().feed(...opened, ...turn('item_u').slice(0, 1)).feed(asking, wanted(question))
    for (const event of [...turn('item_u').slice(1), ...replying, done('completed')] as const)
      expect(call.feed(event).did('say')).toEqual([])
    expect(call.feed(heardReply).did('say')).toEqual([said])
  })

  it('waits for the session, and says nothing where nobody listens', () => {
    expect(new Fed().feed(asking, wanted(question)).did('say')).toEqual([])
    const call = new Fed().feed(opened[0]).feed(heardClip(0, 'disclosure'), heardClip(1, 'greeting'))
    expect(call.feed(wanted(question)).did('say')).toEqual([])
    expect(call.feed(ready).did('say')).toEqual([said])
  })

  it('says one thing after another, and what was said before not twice in a row', () => {
    const call = new Fed().feed(...opened).feed(wanted(sorry), wanted({ ...sorry }), wanted(question))
    expect(call.did('say')).toEqual([{ kind: 'say', ...sorry }])
    call.feed(...speaks(sorry.id))
    expect(call.did('say')).toEqual([])
    expect(call.feed(heardQuestion).did('say')).toEqual([said])
    expect(call.state.floor.due).toEqual([])
  })

  it('says nothing else while a question waits for its answer', () => {
    const call = new Fed().feed(...opened).feed(asking, wanted(question), ...speaks(question.id))
    expect(call.feed(heardQuestion, wanted(sorry)).did('say')).toEqual([])
    expect(call.feed(settled).did('say')).toEqual([{ kind: 'say', ...sorry }])
  })

  it('bounds what waits, and never leaves a question out', () => {
    const call = new Fed()
    for (let index = 0; index < 20; index++)
      call.feed({ kind: 'sayingWanted', saying: { ...sorry, id: `say.${index}`, text: `Number ${index}` } })
    call.feed(wanted(question))
    expect(call.state.floor.due).toHaveLength(9)
    expect(call.state.floor.due.at(-1)).toEqual(question)
  })

  it('stops what is not to be heard any further: waiting, asked for, begun, or sent', () => {
    const stop = { kind: 'sayingStopped', id: question.id, heard: [] } as const
    const waiting = new Fed().feed(...opened, ...turn('item_u'), ...replying).feed(wanted(question), stop)
    expect(waiting.feed(done('completed'), heardReply).did('say')).toEqual([])
    const askedFor = new Fed().feed(...opened).feed(wanted(question), stop)
    expect(askedFor.feed(...speaks(question.id)).did('dropReply', 'cancelReply')).toEqual([
      { kind: 'dropReply', responseId: 'resp_q' },
      { kind: 'cancelReply', responseId: 'resp_q' },
    ])
    const begun = new Fed().feed(...opened, wanted(question), ...speaks(question.id).slice(0, 3))
    begun.feed({ ...stop, heard: [{ ...half, utterance: { kind: 'reply', ...spoken } }] })
    expect(begun.did('clearPlayback', 'dropReply', 'truncateReply', 'cancelReply')).toEqual([
      { kind: 'clearPlayback' },
      { kind: 'dropReply', responseId: 'resp_q' },
      { kind: 'truncateReply', itemId: 'item_q', heardMs: 1_000 },
      { kind: 'cancelReply', responseId: 'resp_q' },
    ])
    const sent = new Fed().feed(...opened, wanted(question), ...speaks(question.id))
    expect(sent.feed(stop).did('clearPlayback', 'cancelReply')).toEqual([{ kind: 'clearPlayback' }])
  })

  it('forgets a question with the session that was to speak it, and keeps an announcement', () => {
    const call = new Fed().feed(...opened, ...turn('item_u'), ...replying)
    call.feed(wanted(question), wanted(sorry), lost)
    expect(call.state.floor).toMatchObject({ due: [sorry], saying: undefined, isReplyComing: false })
  })

  it('goes on when what was asked for is refused', () => {
    const call = new Fed().feed(...opened, wanted(question))
    call.feed({ kind: 'eventRefused', code: 'x', id: question.id }, wanted(sorry))
    expect(call.did('say')).toEqual([{ kind: 'say', ...sorry }])
  })
})

const gate = (call: Fed): readonly Effect[] => call.did('endGate')
const ends = (reason: string): readonly unknown[] => [{ kind: 'endGate', reason }]

describe('step() with a question open', () => {
  it('asks nobody whether they are there, until it is over', () => {
    const call = new Fed().feed(...opened).feed(asking)
    expect(idleTimer(call)).toEqual([{ kind: 'cancelTimer', name: 'idle' }])
    expect(call.feed(fires('idle')).did('playClip')).toEqual([])
    expect(idleTimer(call.feed(settled))).toEqual([{ kind: 'setTimer', name: 'idle', delayMs: 12_000 }])
  })

  it('does end the call at its maximum length', () => {
    const call = new Fed().feed(...opened, asking).feed(fires('lengthReached'))
    expect(call.did('playClip')).toMatchObject([{ sentence: 'goodbye' }])
    expect(call.state.phase).toBe('closing')
  })

  it('lets the model say nothing to other tools before it is over, and then once', () => {
    const call = new Fed().feed(...opened, ...turn('item_u'), ...replying.slice(0, 1), asks, asking)
    expect(call.feed(answers('done'), outcome).did('requestReply')).toEqual([])
    expect(call.did('answerTool', 'tellModel')).toHaveLength(2)
    call.feed(done('completed'))
    expect(call.feed(settled).did('requestReply')).toEqual([{ kind: 'requestReply', purpose: 'toolResult' }])
  })

  it('asks for no reply of its own where the reply to the caller says as much', () => {
    const call = new Fed().feed(...opened, ...turn('item_u'), ...replying.slice(0, 1), asks, asking)
    call.feed(answers('done'), done('completed'), ...turn('item_v'), settled)
    expect(call.did('requestReply')).toEqual([])
  })

  it('ends with the call, and with what becomes of it', () => {
    const live = () => new Fed().feed(...opened, asking)
    expect(gate(live().feed({ kind: 'streamEnded', reason: 'stop', heard: [] }))).toEqual(ends('hungUp'))
    expect(gate(live().feed({ kind: 'shutdown', heard: [] }))).toEqual(ends('stopping'))
    const givenUp = live()
      .feed({ ...lost, retryable: false })
      .feed(heardClip(2, 'handOver'))
    expect(gate(givenUp)).toEqual(ends('transferred'))
  })
})

describe('step() with a tool call that has to wait', () => {
  it('answers it and says nothing where the question follows', () => {
    const call = new Fed().feed(...opened, ...turn('item_u'), ...replying.slice(0, 1), asks)
    call.feed(asking, wanted(question), answers('waits'))
    expect(call.did('answerTool', 'requestReply', 'say')).toEqual([
      { kind: 'answerTool', callId: 'call_1', output: '{}' },
    ])
    expect(call.feed(done('completed')).did('say')).toEqual([said])
  })

  it('answers it before the question is put, also when its response is over', () => {
    const call = new Fed().feed(...opened, ...turn('item_u'), ...replying.slice(0, 1), asks)
    call.feed(done('completed'), asking, wanted(question))
    expect(call.did('say')).toEqual([])
    expect(
      call
        .feed(answers('waits'))
        .did('answerTool', 'say')
        .map(({ kind }) => kind),
    ).toEqual(['answerTool', 'say'])
  })

  it('lets the model go on where no question is put', () => {
    const call = new Fed().feed(...opened, ...turn('item_u'), ...replying.slice(0, 1), asks)
    call.feed(stands({ isOpen: true }), answers('waits'))
    expect(call.did('requestReply')).toEqual([{ kind: 'requestReply', purpose: 'toolResult' }])
  })

  it('says what the caller has to do', () => {
    const call = new Fed().feed(...opened, ...turn('item_u'), ...replying.slice(0, 1), asks)
    call.feed(stands({ isOpen: true }), answers('waits', 'Please enter your PIN.'), done('completed'))
    expect(call.did('say')).toEqual([
      { kind: 'say', id: 'say.call_1', purpose: 'announcement', text: 'Please enter your PIN.' },
    ])
    expect(call.did('requestReply')).toEqual([])
  })
})
