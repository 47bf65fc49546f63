import { describe, expect, it } from 'vitest'
import type { CallStanding } from '../../src/ports/call-inquiry.ts'
import { ann, busy, lives, MINUTE_MS, our, silent, World } from './support/losing.ts'

describe('a call whose last callback never came', () => {
  it.each(['busy', 'no-answer', 'canceled', 'failed'] as const)(
    'is asked about at the start, and reported once: %s',
    async (status) => {
      await using world = await World.open()
      world.standing = async () => ({ kind: 'known', status })
      const { ref, callSid, sessionId } = await world.placed()
      await world.watch()
      await world.minutes(30)
      expect(world.asked).toEqual([[callSid, 0]])
      expect(await world.outcome(ref)).toMatchObject({ state: 'failed', code: status, providerId: callSid })
      expect(world.notices).toMatchObject([{ ref, callSid, sessionId, number: ann, status, said: [] }])
      expect(world.heard).toEqual(world.notices)
      expect(world.log.events).toEqual([
        ['info', 'effectReconciled', { tool: 'make_call', status: 'failed', code: status }],
        ['warn', 'lostCallEnded', { intentId: ref, status }],
        ['info', 'errandOver', { status }],
      ])
    },
  )

  it('is told to have failed where it was answered and nobody of ours spoke', async () => {
    await using world = await World.open()
    world.standing = async () => ({ kind: 'known', status: 'completed', durationSeconds: 4 })
    const { ref } = await world.placed()
    await world.watch()
    await world.minutes(1)
    expect(await world.outcome(ref)).toMatchObject({ state: 'done', code: 'completed' })
    expect(world.notices).toMatchObject([{ ref, status: 'failed' }])
  })

  it('has failed, in a word of ours, where the network has no such call', async () => {
    await using world = await World.open()
    world.standing = async () => ({ kind: 'noSuchCall' })
    const { ref } = await world.placed()
    await world.watch()
    await world.minutes(30)
    expect(world.asked).toHaveLength(1)
    expect(await world.outcome(ref)).toMatchObject({ state: 'failed', code: 'noSuchCall' })
    expect(world.notices).toMatchObject([{ ref, status: 'failed' }])
  })

  it('is left alone while it goes on, and looked at again later', async () => {
    await using world = await World.open()
    world.standing = async () => lives
    const { ref, callSid } = await world.placed()
    await world.watch()
    await world.minutes(12)
    expect(world.minutesAsked()).toEqual([0, 5, 10])
    expect(await world.outcome(ref)).not.toHaveProperty('code')
    expect(await world.records.errands.find(ref)).toBeUndefined()
    world.standing = async () => busy
    await world.minutes(10)
    expect(world.asked.at(-1)).toEqual([callSid, 15])
    expect(world.asked).toHaveLength(4)
    expect(world.notices).toMatchObject([{ ref, status: 'busy' }])
  })

  it('is asked about eight times at growing distances while the network is silent, and by the next process', async () => {
    await using world = await World.open()
    world.standing = async () => silent
    const { ref } = await world.placed()
    await world.watch()
    await world.minutes(600)
    expect(world.minutesAsked()).toEqual([0, 1, 3, 7, 15, 31, 63, 127])
    const about = { intentId: ref, code: 'timeout' }
    expect(world.log.events).toEqual([
      ...Array.from({ length: 7 }, () => ['warn', 'lostCallUnknown', about]),
      ['warn', 'lostCallGivenUp', about],
    ])
    expect(await world.outcomes()).toEqual([['done', undefined]])
    world.standing = async () => busy
    await world.watch()
    await world.minutes(1)
    expect(world.notices).toMatchObject([{ ref, status: 'busy' }])
  })

  it('is no better known by a word that this version does not know', async () => {
    await using world = await World.open()
    world.standing = async () => ({ kind: 'known', status: 'unknown' })
    const { ref } = await world.placed()
    await world.watch()
    await world.minutes(2)
    expect(world.minutesAsked()).toEqual([0, 1])
    expect(world.log.events[0]).toEqual(['warn', 'lostCallUnknown', { intentId: ref, code: 'unknownStatus' }])
  })

  it('is asked about again where its answer could not be kept', async () => {
    await using world = await World.open()
    const { ref } = await world.placed()
    let tries = 0
    world.standing = () => (tries++ === 0 ? Promise.reject(new Error('broken')) : Promise.resolve(busy))
    world.start()
    await expect(world.settled()).rejects.toThrow('broken')
    await world.minutes(2)
    expect(world.minutesAsked()).toEqual([0, 1])
    expect(world.notices).toMatchObject([{ ref, status: 'busy' }])
  })

  it('is asked about once it has rung out, where nobody has asked us what it does', async () => {
    await using world = await World.open(MINUTE_MS)
    await world.watch()
    const { ref, callSid } = await world.placed()
    await world.minutes(2)
    expect(world.asked).toEqual([])
    await world.minutes(20)
    expect(world.asked).toEqual([[callSid, 3]])
    expect(world.notices).toMatchObject([{ ref, status: 'busy' }])
  })

  it('is asked about once it must be over, where it was answered here', async () => {
    await using world = await World.open(MINUTE_MS)
    await world.watch()
    const { ref, callSid } = await world.placed()
    const from = { callSid, from: our, to: ann, direction: 'outbound', ref } as const
    expect(await world.errands.begin(from)).toBe(true)
    await world.minutes(10)
    expect(world.asked).toEqual([])
    await world.minutes(20)
    expect(world.asked).toEqual([[callSid, 11]])
    expect(world.notices).toMatchObject([{ ref, status: 'busy' }])
  })

  it('is not asked about where a callback came first, and a callback after the answer changes nothing', async () => {
    await using world = await World.open()
    world.standing = async () => lives
    const [first, second] = [await world.placed(), await world.placed()]
    await world.watch()
    await world.told({ ref: first.ref, callSid: first.callSid, status: 'no-answer' })
    world.standing = async () => busy
    await world.minutes(5)
    await world.told({ ref: second.ref, callSid: second.callSid, status: 'no-answer' })
    await world.minutes(30)
    expect(world.asked.filter(([, minute]) => minute > 0)).toEqual([[second.callSid, 5]])
    expect(world.notices.map(({ ref, status }) => [ref, status])).toEqual([
      [first.ref, 'no-answer'],
      [second.ref, 'busy'],
    ])
    expect(await world.outcomes()).toEqual([
      ['done', undefined],
      ['done', undefined],
      ['failed', 'no-answer'],
      ['failed', 'busy'],
    ])
  })

  it('is one of four at most that the network is asked about at once', async () => {
    await using world = await World.open()
    const refs = new Set<string>()
    for (let index = 0; index < 11; index++) refs.add((await world.placed()).ref)
    let [underWay, most] = [0, 0]
    world.standing = async () => {
      underWay += 1
      most = Math.max(most, underWay)
      await new Promise(setImmediate)
      underWay -= 1
      return busy
    }
    await world.watch()
    await world.minutes(1)
    expect(most).toBe(4)
    expect(world.asked).toHaveLength(11)
    expect(new Set(world.notices.map(({ ref }) => ref))).toEqual(refs)
  })

  it('is left to the next process where this one stops, with no timer and no word of it', async () => {
    await using world = await World.open()
    const asked = Promise.withResolvers<void>()
    world.standing = (_callSid, signal) => {
      const { promise, resolve } = Promise.withResolvers<CallStanding>()
      signal?.addEventListener(
        'abort',
        () => resolve({ kind: 'failed', code: 'aborted', sentence: 'Given up' }),
        { once: true },
      )
      asked.resolve()
      return promise
    }
    const { ref } = await world.placed()
    const lost = world.start()
    await asked.promise
    // A look that is still under way is not overtaken by those of later minutes.
    for (let minute = 0; minute < 20; minute++) {
      world.clock.advance(MINUTE_MS)
      await world.outcome(ref)
    }
    await lost[Symbol.asyncDispose]()
    await world.settled()
    expect(world.clock.pendingTimers()).toBe(0)
    expect(world.asked).toHaveLength(1)
    expect(world.log.events).toEqual([])
    expect(await world.outcome(ref)).not.toHaveProperty('code')
  })
})
