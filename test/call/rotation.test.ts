import { describe, expect, it } from 'vitest'
import { Fed, done, fires, lost, opened, ready, reply, replying, turn } from './support/fed.ts'

const anHour = { ...ready, lastsMs: 3_600_000 } as const
const [started, , ...greeted] = opened
const begun = [started, anHour, ...greeted] as const
const heard = {
  kind: 'utteranceHeard',
  utterance: { kind: 'reply', ...reply },
  heardMs: 2_000,
  quiet: true,
} as const
const nextReady = { kind: 'nextReady', lastsMs: 3_600_000 } as const
const reminded = { kind: 'setTimer', name: 'rotate', delayMs: 3_300_000 }

describe('step() before the provider ends a session', () => {
  it('is reminded five minutes before, or a quarter of a short time', () => {
    expect(new Fed().feed(...begun).did('setTimer')).toContainEqual(reminded)
    const short = new Fed().feed(started, { ...ready, lastsMs: 60_000 })
    expect(short.did('setTimer')).toContainEqual({ kind: 'setTimer', name: 'rotate', delayMs: 45_000 })
    expect(
      new Fed()
        .feed(...opened)
        .did('setTimer')
        .filter((one) => 'name' in one && one.name === 'rotate'),
    ).toEqual([])
  })

  it('replaces none within half a minute, and none that is said to be over already', () => {
    const timers = (lastsMs: number) =>
      new Fed()
        .feed(started, { ...ready, lastsMs })
        .did('setTimer')
        .filter((one) => 'name' in one && one.name === 'rotate')
    const least = [{ kind: 'setTimer', name: 'rotate', delayMs: 30_000 }]
    expect([timers(1), timers(30_000)]).toEqual([least, least])
    expect([timers(0), timers(-3_600_000)]).toEqual([[], []])
  })

  it('opens another one at a quiet moment, and changes over at the next one', () => {
    const call = new Fed().feed(...begun, ...turn('item_u'), ...replying).feed(fires('rotate'))
    expect(call.did('openNext')).toEqual([])
    expect(call.feed(done('completed')).did('openNext')).toEqual([])
    expect(call.feed(heard).did('openNext')).toEqual([{ kind: 'openNext' }])
    call.feed({ kind: 'speechStarted', itemId: 'item_v', heard: [] }).feed(nextReady)
    expect(call.did('switchSession')).toEqual([])
    expect(call.did('setTimer')).toEqual([reminded])
    call.feed({ kind: 'speechStopped', itemId: 'item_v' }, { kind: 'turnCommitted', itemId: 'item_v' })
    call.feed({ kind: 'responseStarted', responseId: 'resp_2' })
    call.feed({ kind: 'responseDone', responseId: 'resp_2', status: 'completed', retryable: false })
    expect(call.did('switchSession')).toEqual([])
    const next = { itemId: 'item_s', responseId: 'resp_3' }
    call.feed(
      { kind: 'responseStarted', responseId: 'resp_3' },
      { kind: 'replySounding', ...next, deltaAtMs: 1 },
    )
    call.feed({ kind: 'responseDone', responseId: 'resp_3', status: 'completed', retryable: false })
    call.feed({ kind: 'utteranceHeard', utterance: { kind: 'reply', ...next }, heardMs: 500, quiet: true })
    expect(call.did('switchSession', 'requestReply', 'playClip')).toEqual([{ kind: 'switchSession' }])
  })

  it('tries again later, when the one in reserve is lost, and goes on with the one in use', () => {
    const call = new Fed().feed(...begun, fires('rotate')).feed({ kind: 'nextLost', code: '1006' })
    expect(call.did('setTimer')).toEqual([{ kind: 'setTimer', name: 'rotate', delayMs: 15_000 }])
    expect(call.state.session).toBe('ready')
    expect(call.feed(fires('rotate')).did('openNext')).toHaveLength(1)
  })

  it('forgets the one in reserve, when the one in use is lost first', () => {
    const call = new Fed().feed(...begun, fires('rotate'), lost).feed(fires('redial'), nextReady)
    expect(call.did('switchSession')).toEqual([])
    expect(call.did('openSession')).toHaveLength(1)
  })
})
