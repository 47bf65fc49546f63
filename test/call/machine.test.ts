import { describe, expect, it } from 'vitest'
import { initialState } from '../../src/call/state.ts'
import { Fed, started, ready, heardClip, opened, turn, replying } from './support/fed.ts'
import { rules } from './support/rules.ts'

describe('step() opening', () => {
  it('plays the disclosure and the greeting', () => {
    const call = new Fed().feed(started, ready)
    expect(call.did('playClip')).toMatchObject([{ sentence: 'disclosure' }, { sentence: 'greeting' }])
  })

  it('lets the model greet once, when persona, stream and session are there', () => {
    const call = new Fed(initialState({ ...rules, opening: ['disclosure'], modelGreets: true })).feed(started)
    expect(call.did('requestReply')).toEqual([])
    call.feed(ready)
    expect(call.did('requestReply')).toEqual([{ kind: 'requestReply', purpose: 'greeting' }])
    call.feed({ kind: 'streamEnded', reason: 'closed', heard: [] }, started)
    expect(call.did('requestReply')).toEqual([{ kind: 'requestReply', purpose: 'resumption' }])
  })

  it('says the disclosure again when it was cut off, and the third time lets nothing cut it', () => {
    const call = new Fed().feed(started, ready)
    for (let time = 0; time < 2; time++) {
      call.feed({ kind: 'speechStarted', itemId: `item_${time}`, heard: [] })
      expect(call.did('clearPlayback')).toHaveLength(1)
      call.feed({ kind: 'speechStopped', itemId: `item_${time}` })
      expect(call.did('playClip')).toMatchObject([{ sentence: 'disclosure' }])
    }
    call.feed({ kind: 'speechStarted', itemId: 'item_9', heard: [] })
    expect(call.did('clearPlayback')).toHaveLength(0)
  })

  it('closes a session that no stream claims, and gives the call up when the nonce has expired', () => {
    const call = new Fed().feed({ kind: 'timer', name: 'unclaimed', heard: [] })
    expect(call.did('closeSession')).toHaveLength(1)
    call.feed({ kind: 'timer', name: 'nonceExpired', heard: [] })
    expect(call.did('finish')).toEqual([{ kind: 'finish', ending: 'streamLost' }])
  })

  it('dials a new session when the stream comes after the first one was closed', () => {
    const call = new Fed().feed(
      { kind: 'timer', name: 'unclaimed', heard: [] },
      { ...started, sessionAlive: false },
    )
    expect(call.did('openSession', 'playClip')).toMatchObject([
      { kind: 'playClip', sentence: 'disclosure' },
      { kind: 'playClip', sentence: 'greeting' },
      { kind: 'openSession', resumed: false },
    ])
  })
})

describe('step() silence', () => {
  it('asks twice, then says goodbye and hangs up', () => {
    const call = new Fed().feed(...opened)
    expect(call.did('setTimer')).toContainEqual({ kind: 'setTimer', name: 'idle', delayMs: 12_000 })
    for (const clipId of [2, 3]) {
      call.feed({ kind: 'timer', name: 'idle', heard: [] })
      expect(call.did('playClip')).toMatchObject([{ sentence: 'idlePrompt' }])
      call.feed(heardClip(clipId, 'idlePrompt'))
    }
    call.feed({ kind: 'timer', name: 'idle', heard: [] })
    expect(call.did('playClip', 'hangUp')).toMatchObject([{ sentence: 'goodbye' }])
    call.feed(heardClip(4, 'goodbye'))
    expect(call.did('hangUp')).toHaveLength(1)
  })

  it('a key starts the wait anew', () => {
    const call = new Fed().feed(...opened).feed({ kind: 'dtmf', digit: '5' })
    expect(call.did('setTimer')).toContainEqual({ kind: 'setTimer', name: 'idle', delayMs: 12_000 })
    expect(JSON.stringify(call.effects)).not.toContain('5"')
  })

  it('runs also when an interrupted response is never said to be over', () => {
    const call = new Fed().feed(...opened, ...turn('item_u'), ...replying)
    call.feed({ kind: 'speechStarted', itemId: 'item_v', heard: [] })
    expect(call.feed({ kind: 'speechStopped', itemId: 'item_v' }).state.resting).toBe(true)
  })

  it('does not run while the model thinks or speaks', () => {
    const call = new Fed().feed(...opened).feed(...turn('item_u'), ...replying)
    expect(call.did('cancelTimer')).toContainEqual({ kind: 'cancelTimer', name: 'idle' })
    expect(call.state.resting).toBe(false)
  })
})
