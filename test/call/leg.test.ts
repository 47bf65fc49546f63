import { describe, expect, it } from 'vitest'
import { initialState } from '../../src/call/state.ts'
import {
  Fed,
  done,
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
import { rules } from './support/rules.ts'

const redial = fires('redial')
const said = { kind: 'callerTranscript', itemId: 'item_u', text: 'When is it?', final: true } as const
const asked = [...turn('item_u'), said] as const
const replied = {
  kind: 'utteranceHeard',
  utterance: { kind: 'reply', ...reply },
  heardMs: 2_000,
  quiet: true,
} as const
const resumption = { kind: 'requestReply', purpose: 'resumption' }
const opens = { kind: 'openSession', resumed: true }

const flooded = (sentMs: number) => ({ ...lost, code: 'flooded', heard: [{ ...half, sentMs }] }) as const

function clipOf(call: Fed): number {
  return call.state.sounding.clips.at(-1)?.clipId ?? -1
}

describe('step() when the session is lost', () => {
  it('dials again after a short pause, and does not cut off what is being heard', () => {
    const call = new Fed().feed(...opened, ...asked, ...replying).feed(lost)
    expect(call.did('clearPlayback', 'playClip', 'hangUp', 'truncateReply')).toEqual([])
    expect(call.did('setTimer')).toEqual([{ kind: 'setTimer', name: 'redial', delayMs: 100 }])
    expect(call.feed(redial).did('openSession')).toEqual([opens])
    expect(call.feed(ready).did('requestReply')).toEqual([resumption])
  })

  it('drops what a flood of audio has queued, and lets the next session go on from what was heard', () => {
    const call = new Fed().feed(...opened, ...asked, ...replying).feed(flooded(80_000))
    expect(call.did('clearPlayback', 'hangUp', 'truncateReply', 'recordTurn', 'setTimer')).toMatchObject([
      { kind: 'recordTurn' },
      { kind: 'clearPlayback' },
      { kind: 'recordTurn', turn: { heardMs: 1_000, interrupted: true } },
      { kind: 'setTimer', name: 'redial' },
      // The caller hears nothing now, and does not wait for the model without a bound.
      { kind: 'setTimer', name: 'hold' },
      { kind: 'setTimer', name: 'silentModel' },
      { kind: 'setTimer', name: 'decision' },
    ])
    expect(call.feed(redial, ready).did('requestReply')).toEqual([resumption])
  })

  it('goes on also where the reply that a flood has drowned had come to its end', () => {
    const call = new Fed().feed(...opened, ...asked, ...replying, done('completed')).feed(flooded(80_000))
    expect(call.did('clearPlayback', 'setTimer')).toMatchObject([
      { kind: 'clearPlayback' },
      { name: 'redial' },
      { name: 'hold' },
      { name: 'silentModel' },
      { name: 'decision' },
    ])
    expect(call.feed(redial, ready).did('requestReply')).toEqual([resumption])
  })

  it('does not cut off what is being heard when it is flooded with other things', () => {
    const call = new Fed().feed(...opened, ...asked, ...replying).feed(flooded(13_000))
    expect(call.did('clearPlayback')).toEqual([])
  })

  it('says once more what a flood has drowned and must be heard', () => {
    const clip = { kind: 'clip', clipId: 1, sentence: 'timeAlmostUp' } as const
    const call = new Fed().feed(...opened, ...asked, ...replying, fires('lengthWarning'))
    const clipId = clipOf(call)
    const drowned = { utterance: { ...clip, clipId }, sentMs: 2_000, heardMs: 0, complete: true } as const
    call.feed({ ...flooded(80_000), heard: [...flooded(80_000).heard, drowned] })
    expect(call.did('clearPlayback', 'playClip')).toMatchObject([
      { kind: 'clearPlayback' },
      { kind: 'playClip', sentence: 'timeAlmostUp' },
    ])
  })

  it('waits longer from try to try, spread by a quarter, and gives up after the third', () => {
    const call = new Fed().feed(...opened, ...asked, ...replying)
    const delays = [0, 0.5, 1].map((chance) => {
      const timers = call.feed({ ...lost, chance }).did('setTimer')
      call.feed(redial)
      return timers
    })
    expect(delays).toMatchObject([[{ delayMs: 75 }], [{ delayMs: 400 }], [{ delayMs: 1_250 }]])
    expect(call.feed(lost).did('setTimer', 'playClip')).toMatchObject([
      { name: 'closing' },
      { sentence: 'handOver' },
    ])
  })

  it('never dials again where that cannot help, and tells the caller at once', () => {
    const call = new Fed().feed(...opened, ...asked).feed({ ...lost, retryable: false })
    expect(call.did('playClip')).toMatchObject([{ sentence: 'handOver' }])
    expect(call.did('setTimer').filter((effect) => 'name' in effect && effect.name === 'redial')).toEqual([])
  })

  it('forgives earlier losses once the model was heard again, up to a bound for the whole call', () => {
    const call = new Fed().feed(...opened)
    let given = 0
    for (; call.state.phase === 'live' && given < 50; given++) {
      const ids = { itemId: `item_${given}`, responseId: `resp_${given}` }
      call.feed(
        { kind: 'responseStarted', responseId: ids.responseId },
        { kind: 'replySounding', ...ids, deltaAtMs: 1 },
        lost,
        redial,
        ready,
      )
    }
    expect(given).toBe(rules.maxLosses + 1)
  })

  it('asks for nothing where nothing was due', () => {
    const call = new Fed().feed(...opened, ...asked, ...replying, done('completed'), replied)
    call.feed(lost, redial, ready)
    expect(call.did('requestReply')).toEqual([])
  })

  it('leaves a turn that was not understood to the next session, which hears it again and answers by itself', () => {
    const call = new Fed().feed(...opened, ...turn('item_u')).feed(lost, redial, ready)
    expect(call.did('requestReply')).toEqual([])
    call.feed(...turn('item_v'), { ...said, itemId: 'item_v' })
    const recorded = call.did('recordTurn')
    expect(recorded.at(-1)).toMatchObject({ turn: { seq: 2, speaker: 'caller', text: 'When is it?' } })
    expect(call.state.transcript.nextSeq).toBe(3)
  })

  it('keeps no place for a turn that the next session did not hear either', () => {
    const call = new Fed().feed(...opened, ...turn('item_u')).feed(lost, redial, ready)
    call.feed(...replying, done('completed'), replied, ...turn('item_w'))
    expect(call.did('recordTurn').at(-1)).toMatchObject({ turn: { seq: 4, speaker: 'caller' } })
  })

  it('tells the words of a reply that is still being heard, and keeps as many as fit into its sound', () => {
    const call = new Fed().feed(...opened, ...asked, ...replying).feed(lost)
    expect(call.did('recordTurn')).toMatchObject([{ turn: { text: 'The party starts at eight.' } }])
    call.feed({ ...replied, heardMs: 700 })
    expect(call.did('recordTurn')).toMatchObject([{ turn: { text: 'The party', interrupted: true } }])
  })

  it('goes on waiting for the same reply: patience is asked for once, by the time it was due', () => {
    const call = new Fed().feed(...opened, ...asked)
    expect(call.feed(lost).did('setTimer', 'cancelTimer')).toMatchObject([{ name: 'redial' }])
    call.feed(redial, ready)
    expect(call.did('setTimer').filter((effect) => 'name' in effect && effect.name === 'hold')).toEqual([])
    expect(call.feed(fires('hold')).did('playClip')).toMatchObject([{ sentence: 'hold' }])
  })

  it('asks for nothing yet of a session that was told what may be a turn, and for nothing at all if it is one', () => {
    const told = { ...ready, spokenTo: true } as const
    const call = new Fed().feed(...opened, ...asked, ...replying, lost, redial).feed(told)
    expect(call.did('requestReply', 'setTimer')).toMatchObject([{ name: 'listened', delayMs: 500 }])
    expect(call.feed(fires('listened')).did('requestReply')).toEqual([resumption])

    const turned = new Fed().feed(...opened, ...asked, ...replying, lost, redial)
    turned.feed(told, ...turn('item_v').slice(0, 2), fires('listened'), ...turn('item_v').slice(2))
    expect(turned.did('requestReply')).toEqual([])

    const again = new Fed().feed(...opened, ...asked, ...replying, lost, redial, told, lost, redial)
    expect(again.feed(ready).did('requestReply')).toEqual([resumption])
  })

  it('watches over a caller who was speaking when the session went', () => {
    const call = new Fed().feed(...opened, { kind: 'speechStarted', itemId: 'item_u', heard: [] }).feed(lost)
    expect(call.did('setTimer')).toMatchObject([
      { name: 'redial' },
      { name: 'hold' },
      { name: 'silentModel' },
      { name: 'decision' },
    ])
  })

  it('greets where the first session never came about, and only once', () => {
    const call = new Fed(initialState({ ...rules, modelGreets: true }))
    call.feed({ kind: 'streamStarted', streamSid: 'MZ1', sessionAlive: true }, lost, redial)
    expect(call.did('openSession')).toEqual([{ kind: 'openSession', resumed: false }])
    expect(call.feed(ready).did('requestReply')).toEqual([{ kind: 'requestReply', purpose: 'greeting' }])
    call.feed(...replying, lost, redial, ready)
    expect(call.did('openSession', 'requestReply')).toEqual([opens, resumption])
  })

  it('dials again before there is a stream, and leaves what cannot be mended to its start', () => {
    const call = new Fed().feed(lost)
    expect(call.did('setTimer')).toMatchObject([{ name: 'redial' }])
    expect(new Fed().feed({ ...lost, retryable: false }).did('setTimer')).toEqual([])
  })
})

describe('step() when an open session says nothing', () => {
  const overdue = fires('silentModel')

  it('takes another one, once, and is answered or decided within twelve seconds', () => {
    const call = new Fed().feed(...opened, ...asked, fires('hold')).feed(overdue)
    expect(call.did('closeSession', 'openSession')).toMatchObject([{ reason: 'silent' }, opens])
    expect(call.did('setTimer').at(-1)).toEqual({ kind: 'setTimer', name: 'silentModel', delayMs: 3_000 })
    expect(call.feed(ready).did('requestReply', 'setTimer')).toEqual([
      resumption,
      { kind: 'setTimer', name: 'silentModel', delayMs: 3_000 },
    ])
    expect(call.feed(overdue).did('playClip')).toMatchObject([{ sentence: 'handOver' }])
  })

  it('begins anew once the model was heard', () => {
    const call = new Fed().feed(...opened, ...asked, overdue, ready, ...replying)
    expect(call.state.leg).toMatchObject({ tries: 0, silent: false })
    call.feed(done('completed'), replied, ...turn('item_w'), overdue)
    expect(call.did('closeSession')).toHaveLength(1)
  })

  it('gives one that is being dialled the rest of its time', () => {
    const call = new Fed().feed(...opened, ...asked, lost, redial).feed(overdue)
    expect(call.did('closeSession', 'playClip')).toEqual([])
    expect(call.feed(overdue).did('playClip')).toMatchObject([{ sentence: 'handOver' }])
  })
})

describe('step() when the model is given up', () => {
  const gone = { ...lost, retryable: false }

  it('ends the stream after the last word, and leaves the call to the network until that tells of its end', () => {
    const call = new Fed().feed(...opened, ...asked).feed(gone)
    call.feed(heardClip(clipOf(call), 'handOver'))
    expect(call.did('closeStream', 'closeSession', 'hangUp', 'setTimer')).toMatchObject([
      { name: 'handedOver', delayMs: 3_600_000 },
      { kind: 'closeSession' },
      { kind: 'closeStream', code: 1000 },
    ])
    expect(call.state.phase).toBe('handedOver')
    call.feed({ kind: 'statusChanged', status: 'completed', heard: [] })
    expect(call.did('finish')).toEqual([{ kind: 'finish', ending: 'modelLost' }])
  })

  it.each([fires('handedOver'), { kind: 'shutdown', heard: [] } as const])(
    'hangs up on a call that was handed over, when $kind comes',
    (event) => {
      const call = new Fed().feed(...opened, gone)
      call.feed(heardClip(clipOf(call), 'handOver')).feed(event)
      expect(call.did('hangUp')).toHaveLength(1)
      call.feed({ kind: 'hangUpDone', ok: true, heard: [] })
      expect(call.did('finish')).toEqual([{ kind: 'finish', ending: 'modelLost' }])
    },
  )

  it('apologises and hangs up where the network has nothing to offer', () => {
    const call = new Fed(initialState({ ...rules, handsOver: false })).feed(...opened, gone)
    expect(call.did('playClip').at(-1)).toMatchObject({ sentence: 'apology' })
    call.feed(heardClip(clipOf(call), 'apology'))
    expect(call.did('hangUp')).toHaveLength(1)
  })
})
