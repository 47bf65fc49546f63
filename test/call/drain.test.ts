import { describe, expect, it } from 'vitest'
import { createAudioEngine } from '../../src/audio/engine.ts'
import { Calls } from '../../src/call/calls.ts'
import { drainCalls } from '../../src/call/drain.ts'
import { VirtualClock } from '../../src/lib/virtual-clock.ts'
import type { StreamReceiver, TelephonyOutcome } from '../../src/ports/telephony.ts'
import { Line } from './support/line.ts'
import { testPlan, testPorts } from './support/ports.ts'

const engine = createAudioEngine()
const never = new Promise<TelephonyOutcome>(() => undefined)

async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve()
}

/** Calls on a virtual clock, and a drain that has begun. */
async function start(options: { calls?: number; drainMs?: number; rest?: 'answers' | 'silent' } = {}) {
  const { calls: count = 1, drainMs = 30_000, rest = 'answers' } = options
  const clock = new VirtualClock()
  const world = testPorts(clock, engine)
  const ports = { ...world.ports }
  if (rest === 'silent') {
    ports.telephony = { ...ports.telephony, hangUp: (callSid) => (world.hangUps.push(callSid), never) }
  }
  const calls = new Calls({
    ports,
    plan: (offer) => testPlan(offer.callSid, offer.from),
    limits: { maxCalls: 10, maxCallsPerCaller: 10, nonceTtlMs: 60_000 },
    say: { language: 'en', busy: 'All lines are busy.', apology: 'Something went wrong.' },
  })
  const offer = (callSid: string) =>
    calls.offer({ callSid, from: '+14155550123', to: '+14155550100', direction: 'inbound' })
  const join = (callSid: string) => {
    const held: { receiver?: StreamReceiver } = {}
    const line = new Line(clock, (name) =>
      held.receiver?.onEvent({ kind: 'mark', name, atMs: clock.nowMs() }),
    )
    const attached = calls.attach({ callSid, sink: line })
    if (!attached.ok) throw new Error(`Cannot attach: ${attached.reason}`)
    held.receiver = attached.receiver
    return { line, receiver: attached.receiver }
  }
  const streams: ReturnType<typeof join>[] = []
  for (let call = 0; call < count; call++) {
    await offer(`CA${call}`)
    streams.push(join(`CA${call}`))
    world.speech.last().emit({ kind: 'sessionReady', sessionId: `sess_${call}`, atMs: clock.nowMs() })
  }
  const hurry = new AbortController()
  const state = { over: false }
  const drained = drainCalls(calls, { clock, drainMs, hurry: hurry.signal }).then(() => (state.over = true))
  /** Lets time pass and sound be played on all lines, and whatever is waited for come about. */
  const pass = async (durationMs: number): Promise<void> => {
    for (let ms = 0; ms < durationMs; ms += 50) {
      streams[0]?.line.play(50)
      await settled()
    }
  }
  const sentences = () =>
    world.log.lines.filter(({ kind }) => kind === 'sentencePlayed').map(({ fields }) => fields.name)
  return { ...world, clock, calls, offer, join, streams, hurry, drained, state, pass, sentences }
}

describe('drainCalls()', () => {
  it('is over at once without calls, and refuses the next one politely', async () => {
    const world = await start({ calls: 0 })
    await world.drained
    expect(world.calls.refusalReasons()).toEqual(['shutting down'])
    expect(await world.offer('CA9')).toMatchObject({ kind: 'sayAndHangUp', text: 'All lines are busy.' })
    expect(world.clock.pendingTimers()).toBe(0)
  })

  it('lets a call go on and end by itself, also on another stream', async () => {
    const world = await start()
    await world.pass(10_000)
    world.streams[0]?.receiver.onEvent({ kind: 'streamEnded', reason: 'closed', atMs: world.clock.nowMs() })
    const answer = await world.calls.afterStream('CA0')
    if (answer.kind !== 'connect') throw new Error('The call was not given another stream')
    expect(await world.calls.claimNonce(answer.nonce)).toEqual({ ok: true, callSid: 'CA0' })
    const { receiver } = world.join('CA0')
    expect(world.state.over).toBe(false)
    receiver.onEvent({ kind: 'streamEnded', reason: 'stop', atMs: world.clock.nowMs() })
    await world.pass(2_000)
    expect(world.state.over).toBe(true)
    expect(world.storage.calls.get('CA0')).toMatchObject({ ending: 'callerHungUp' })
    expect(world.sentences()).not.toContain('goodbye')
    expect(world.hangUps).toEqual([])
  })

  it('says goodbye in time to a call that has not ended, and hangs it up', async () => {
    const world = await start()
    await world.pass(20_900)
    expect(world.sentences()).not.toContain('goodbye')
    await world.pass(200)
    expect(world.sentences()).toContain('goodbye')
    await world.pass(3_000)
    expect(world.state.over).toBe(true)
    expect(world.hangUps).toEqual(['CA0'])
    expect(world.storage.calls.get('CA0')).toMatchObject({ ending: 'shutdown', status: 'completed' })
    expect(world.clock.pendingTimers()).toBe(0)
  })

  it('closes the socket of a call that the network does not hang up, with a complete record, before the time is over', async () => {
    const world = await start({ rest: 'silent' })
    await world.pass(21_100)
    while (world.hangUps.length === 0) await world.pass(50)
    await world.pass(2_400)
    expect(world.state.over).toBe(false)
    expect(world.streams[0]?.line.closed).toBeUndefined()
    await world.pass(200)
    expect(world.clock.nowMs()).toBeLessThan(30_000)
    expect(world.streams[0]?.line.closed).toEqual({ code: 1000, reason: 'done' })
    // The network asks what comes next as soon as its stream is over.
    expect(await world.calls.afterStream('CA0')).toEqual({ kind: 'hangUp' })
    await world.pass(600)
    expect(world.state.over).toBe(true)
    expect(world.storage.calls.get('CA0')).toMatchObject({ ending: 'shutdown', status: 'completed' })
    expect([...world.storage.streams.values()]).toMatchObject([{ endReason: 'done' }])
    expect([...world.storage.sessions.values()]).toMatchObject([{ endReason: 'call over' }])
    expect([...world.storage.turns.values()].at(-1)).toMatchObject({ text: 'Goodbye.', interrupted: false })
    expect(world.hangUps).toEqual(['CA0'])
    expect(world.clock.pendingTimers()).toBe(0)
  })

  it('tells the network to hang up a call that is cut off before its goodbye', async () => {
    const world = await start({ drainMs: 0 })
    await world.pass(200)
    expect(world.state.over).toBe(true)
    expect(world.hangUps).toEqual(['CA0'])
    expect(world.storage.calls.get('CA0')).toMatchObject({ ending: 'shutdown' })
  })

  it('says goodbye at once when it has to hurry, from the beginning or later', async () => {
    const world = await start()
    await world.pass(3_000)
    world.hurry.abort()
    await world.pass(50)
    expect(world.sentences()).toContain('goodbye')
    await world.pass(3_000)
    expect(world.state.over).toBe(true)
    expect(world.clock.pendingTimers()).toBe(0)
  })
})
