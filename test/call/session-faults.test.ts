import { describe, expect, it } from 'vitest'
import { createAudioEngine } from '../../src/audio/engine.ts'
import { PCM_BYTES_PER_MS } from '../../src/audio/frame.ts'
import { Calls } from '../../src/call/calls.ts'
import type { CallPorts } from '../../src/call/plan.ts'
import { VirtualClock } from '../../src/lib/virtual-clock.ts'
import type { StreamReceiver } from '../../src/ports/telephony.ts'
import { Line } from './support/line.ts'
import { testPlan, testPorts } from './support/ports.ts'

const SID = 'CA00000000000000000000000000000001'
const engine = createAudioEngine()

function start(broken: Partial<CallPorts> = {}) {
  const clock = new VirtualClock()
  const world = testPorts(clock, engine)
  const calls = new Calls({
    ports: { ...world.ports, ...broken },
    plan: (offer) => testPlan(offer.callSid, offer.from),
    limits: { maxCalls: 10, maxCallsPerCaller: 3, nonceTtlMs: 60_000 },
    say: { language: 'en', busy: 'All lines are busy.', apology: 'Something went wrong.' },
  })
  const offer = () =>
    calls.offer({ callSid: SID, from: '+14155550123', to: '+14155550100', direction: 'inbound' })
  return { ...world, clock, calls, offer }
}

type Started = ReturnType<typeof start>

function join(world: Started, line = new Line(world.clock, () => undefined)): Line {
  expect(world.calls.attach({ callSid: SID, sink: line }).ok).toBe(true)
  return line
}

class BrokenLine extends Line {
  override sendMedia(): boolean {
    throw new RangeError('broken')
  }

  override close(): void {
    throw new RangeError('broken')
  }
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 60; turn++) await Promise.resolve()
}

/** Nothing of the call is left, and its record says that it failed. */
function expectFailed(world: Started): void {
  expect(world.calls.size()).toBe(0)
  expect(world.clock.pendingTimers()).toBe(0)
  expect(world.storage.calls.get(SID)).toMatchObject({ ending: 'failed', status: 'completed' })
  expect(world.hangUps).toEqual([SID])
  expect(world.speech.sessions.every(({ closed }) => closed)).toBe(true)
}

describe('CallSession faults', () => {
  it('a clip that cannot be had ends this call, also when a timer asks for it', async () => {
    const { promptAudio } = start().ports
    let broken = false
    const world = start({
      promptAudio: {
        clip(sentence, language) {
          if (broken) throw new TypeError('no clip')
          return promptAudio.clip(sentence, language)
        },
      },
    })
    await world.offer()
    const line = join(world)
    world.speech.last().emit({ kind: 'sessionReady', sessionId: 'sess_1', atMs: 0 })
    world.speech.last().emit({ kind: 'turnCommitted', itemId: 'item_1', atMs: 0 })
    broken = true
    expect(() => world.clock.advance(2_500)).not.toThrow()
    await settled()
    expectFailed(world)
    expect(line.closed?.code).toBe(1011)
  })

  it('a stream that cannot be spoken into or closed does not keep the call open', async () => {
    const world = start()
    await world.offer()
    join(world, new BrokenLine(world.clock, () => undefined))
    await settled()
    expect(world.log.lines).toContainEqual({
      level: 'fatal',
      kind: 'callFailed',
      fields: { code: 'RangeError' },
    })
    expectFailed(world)
  })

  it('an engine that cannot be dialled fails the offer and leaves nothing behind', async () => {
    const world = start({
      speech: {
        name: 'broken',
        open() {
          throw new TypeError('no engine')
        },
      },
    })
    await expect(world.offer()).rejects.toThrow('no engine')
    await settled()
    expectFailed(world)
    expect(world.storage.sessions.size).toBe(0)
  })

  it('a call that ends while it is written down is not connected, and dials no model', async () => {
    const world = start()
    const written = Promise.withResolvers<void>()
    const insertCall = world.storage.insertCall.bind(world.storage)
    world.storage.insertCall = async (call) => {
      await written.promise
      await insertCall(call)
    }
    const answer = world.offer()
    await settled()
    await world.calls.onStatus({ callSid: SID, status: 'completed' })
    written.resolve()
    expect(await answer).toEqual({ kind: 'hangUp' })
    await settled()
    expect(world.speech.sessions).toEqual([])
    expect(world.clock.pendingTimers()).toBe(0)
    expect(world.calls.size()).toBe(0)
  })

  it('a nonce that cannot be stored fails the offer once, also when the call is over already', async () => {
    const world = start()
    world.storage.insertNonce = async () => {
      await world.calls.onStatus({ callSid: SID, status: 'completed' })
      throw new Error('disk full')
    }
    await expect(world.offer()).rejects.toThrow('disk full')
    await settled()
    expect(world.storage.calls.get(SID)?.ending).toBe('callerHungUp')
    expect(world.log.lines.filter(({ kind }) => kind === 'callEnded')).toHaveLength(1)
    expect(world.calls.size()).toBe(0)
  })

  it('a second stream takes the place of the first, which is closed', async () => {
    const world = start()
    await world.offer()
    const first = join(world)
    const second = join(world)
    expect(first.closed).toEqual({ code: 1000, reason: 'replaced' })
    expect(second.closed).toBeUndefined()
    await world.calls.onStatus({ callSid: SID, status: 'completed' })
    expect(second.closed).toEqual({ code: 1000, reason: 'done' })
  })

  it('a session that is lost during the goodbye does not keep the caller waiting for its end', async () => {
    const world = start()
    await world.offer()
    const held: { receiver?: StreamReceiver } = {}
    const line = new Line(world.clock, (name) =>
      held.receiver?.onEvent({ kind: 'mark', name, atMs: world.clock.nowMs() }),
    )
    const attached = world.calls.attach({ callSid: SID, sink: line })
    if (attached.ok) held.receiver = attached.receiver
    const session = world.speech.last()
    session.emit({ kind: 'sessionReady', sessionId: 'sess_1', atMs: 0 })
    line.play(3_000)
    const atMs = world.clock.nowMs()
    session.emit({ kind: 'responseStarted', responseId: 'resp_1', atMs })
    session.request.receiver.onAudio({
      responseId: 'resp_1',
      itemId: 'item_1',
      bytes: new Uint8Array(48_000),
    })
    const call = { responseId: 'resp_1', callId: 'call_1', name: 'end_call', arguments: '{}' }
    session.emit({ kind: 'toolRequested', ...call, atMs })
    await settled()
    session.emit({ kind: 'sessionLost', loss: { reason: 'closed', retryable: true }, atMs })
    line.play(900)
    expect(world.hangUps).toEqual([])
    line.play(200)
    expect(world.hangUps).toEqual([SID])
  })

  it('a session that has fallen silent is asked when the caller speaks, and all of it waits for the next one', async () => {
    const world = start()
    await world.offer()
    const session = world.speech.last()
    const receiver = receiverOf(world)
    session.emit({ kind: 'sessionReady', sessionId: 'sess_1', atMs: 0 })
    say(world, receiver, { ulaw: 0x2a, ms: 3_000 })
    say(world, receiver, { ulaw: 0xff, ms: 800 })
    expect(session.told).toEqual(['probe'])
    world.clock.advance(2_000)
    session.emit({ kind: 'sessionLost', loss: { reason: 'unresponsive', retryable: true }, atMs: 0 })
    world.clock.advance(1_000)
    const next = world.speech.last()
    expect(next).not.toBe(session)
    next.emit({ kind: 'sessionReady', sessionId: 'sess_2', atMs: 0 })
    expect(next.appendedBytes / PCM_BYTES_PER_MS).toBeGreaterThanOrEqual(3_800)
    expect(next.told).toEqual(['probe'])
  })

  it('a session that answers goes on, and what it took for a noise is not kept', async () => {
    const world = start()
    await world.offer()
    const session = world.speech.last()
    const receiver = receiverOf(world)
    session.emit({ kind: 'sessionReady', sessionId: 'sess_1', atMs: 0 })
    say(world, receiver, { ulaw: 0x2a, ms: 8_000 })
    say(world, receiver, { ulaw: 0xff, ms: 800 })
    session.emit({ kind: 'sessionAnswered', atMs: world.clock.nowMs() })
    say(world, receiver, { ulaw: 0xff, ms: 3_000 })
    session.emit({ kind: 'sessionLost', loss: { reason: 'closed', retryable: true }, atMs: 0 })
    world.clock.advance(1_000)
    const next = world.speech.last()
    next.emit({ kind: 'sessionReady', sessionId: 'sess_2', atMs: 0 })
    expect(next.appendedBytes / PCM_BYTES_PER_MS).toBeLessThanOrEqual(2_100)
    expect(next.told).toEqual([])
  })
})

function receiverOf(world: Started): StreamReceiver {
  const line = new Line(world.clock, () => undefined)
  const attached = world.calls.attach({ callSid: SID, sink: line })
  if (!attached.ok) throw new Error('The call takes no stream')
  return attached.receiver
}

/** The caller sends the same sample again and again, in frames of 20 ms. */
function say(world: Started, receiver: StreamReceiver, { ulaw, ms }: { ulaw: number; ms: number }): void {
  for (let frames = ms / 20; frames > 0; frames--) {
    receiver.onMedia(new Uint8Array(160).fill(ulaw))
    world.clock.advance(20)
  }
}
