import { describe, expect, it } from 'vitest'
import { createAudioEngine } from '../../src/audio/engine.ts'
import { Calls } from '../../src/call/calls.ts'
import type { CallPorts } from '../../src/call/plan.ts'
import { VirtualClock } from '../../src/lib/virtual-clock.ts'
import type { SpeechEvent } from '../../src/ports/speech.ts'
import type { StreamReceiver } from '../../src/ports/telephony.ts'
import { Line } from './support/line.ts'
import { testPlan, testPorts } from './support/ports.ts'

const SID = 'CA00000000000000000000000000000001'
const engine = createAudioEngine()
const reply = { responseId: 'resp_1', itemId: 'item_1' }
const words = { kind: 'callerTranscript', itemId: 'turn_1', text: 'Never mind.', final: true } as const
const HALF_A_SECOND = new Uint8Array(24_000)

type Timeless<Event> = Event extends { atMs: number } ? Omit<Event, 'atMs'> : never

/** A call whose caller listens, and whose session is ready. */
async function start(own: Partial<CallPorts> = {}) {
  const clock = new VirtualClock()
  const world = testPorts(clock, engine)
  const calls = new Calls({
    ports: { ...world.ports, ...own },
    plan: (offer) => testPlan(offer.callSid, offer.from),
    limits: { maxCalls: 10, maxCallsPerCaller: 3, nonceTtlMs: 60_000 },
    say: { language: 'en', busy: 'All lines are busy.', apology: 'Something went wrong.' },
  })
  await calls.offer({ callSid: SID, from: '+14155550123', to: '+14155550100', direction: 'inbound' })
  const held: { receiver?: StreamReceiver } = {}
  const line = new Line(clock, (name) => held.receiver?.onEvent({ kind: 'mark', name, atMs: clock.nowMs() }))
  const attached = calls.attach({ callSid: SID, sink: line })
  if (!attached.ok) throw new Error('Not attached')
  const { receiver } = attached
  held.receiver = receiver
  const session = world.speech.last()
  const emit = (event: Timeless<SpeechEvent>) => session.emit({ ...event, atMs: clock.nowMs() })
  const sound = () => session.request.receiver.onAudio({ ...reply, bytes: HALF_A_SECOND })
  emit({ kind: 'sessionReady', sessionId: 'sess_1' })
  line.play(4_000)
  return { ...world, clock, calls, line, receiver, session, emit, sound }
}

type Started = Awaited<ReturnType<typeof start>>

async function settled(): Promise<void> {
  for (let turn = 0; turn < 60; turn++) await Promise.resolve()
}

function texts(world: Started): readonly string[] {
  return [...world.storage.turns.values()].map(({ text }) => text)
}

function truncations(world: Started): readonly string[] {
  return world.session.told.filter((told) => told.startsWith('truncate'))
}

describe('A call whose audio goes first', () => {
  it('is silent at once, lets nothing more of the reply pass, and then tells the model, once', async () => {
    const world = await start()
    const { emit, sound, line, clock } = world
    emit({ kind: 'responseStarted', responseId: 'resp_1' })
    emit({ kind: 'replyStarted', ...reply })
    sound()
    line.play(100)
    const clears = line.clears
    emit({ kind: 'speechStarted', itemId: 'turn_1' })
    expect(line.clears).toBe(clears + 1)
    expect(truncations(world)).toEqual([])
    sound()
    emit({ kind: 'replyAudioDone', ...reply })
    emit({ kind: 'responseDone', responseId: 'resp_1', status: 'cancelled', retryable: false })
    sound()
    expect(line.queuedBytes()).toBe(0)
    clock.advance(20)
    expect(truncations(world)).toEqual(['truncate item_1 100'])
    expect(line.clears).toBe(clears + 1)
  })

  it('lets the first sound pass before the words before it are written down, and writes both', async () => {
    const world = await start()
    const { emit, sound, line, clock } = world
    emit({ kind: 'speechStarted', itemId: 'turn_1' })
    emit({ kind: 'speechStopped', itemId: 'turn_1' })
    emit({ kind: 'turnCommitted', itemId: 'turn_1' })
    emit(words)
    emit({ kind: 'responseStarted', responseId: 'resp_1' })
    emit({ kind: 'replyStarted', ...reply })
    sound()
    expect(line.queuedBytes()).toBeGreaterThan(3_900)
    await settled()
    expect(texts(world)).not.toContain('Never mind.')
    clock.advance(20)
    emit({ kind: 'replyText', ...reply, text: 'All right.', final: true })
    emit({ kind: 'replyAudioDone', ...reply })
    emit({ kind: 'responseDone', responseId: 'resp_1', status: 'completed', retryable: false })
    line.play(1_000)
    await settled()
    expect(texts(world).slice(-2)).toEqual(['Never mind.', 'All right.'])
  })

  it('lets no sound pass of a response that begins while the caller speaks', async () => {
    const { emit, sound, line, session } = await start()
    emit({ kind: 'speechStarted', itemId: 'turn_1' })
    emit({ kind: 'responseStarted', responseId: 'resp_1' })
    sound()
    expect(line.queuedBytes()).toBe(0)
    expect(session.told).toContain('cancel resp_1')
  })

  it.each(['hangs up', 'loses its session'] as const)(
    'keeps words that came just before it %s',
    async (how) => {
      const world = await start()
      const { emit, receiver, clock } = world
      emit({ kind: 'turnCommitted', itemId: 'turn_1' })
      emit(words)
      if (how === 'hangs up') receiver.onEvent({ kind: 'streamEnded', reason: 'stop', atMs: clock.nowMs() })
      else emit({ kind: 'sessionLost', loss: { reason: 'closed', retryable: true } })
      await settled()
      expect(texts(world)).toContain('Never mind.')
    },
  )

  it('leaves no timer behind when it fails with something waiting', async () => {
    let isBroken = false
    const { promptAudio } = testPorts(new VirtualClock(), engine).ports
    const { emit, calls, clock, storage } = await start({
      promptAudio: {
        clip(sentence, language) {
          if (isBroken) throw new TypeError('no clip')
          return promptAudio.clip(sentence, language)
        },
      },
    })
    clock.advance(10)
    emit({ kind: 'turnCommitted', itemId: 'turn_1' })
    clock.advance(2_495)
    emit(words)
    isBroken = true
    clock.advance(5)
    await settled()
    expect(clock.pendingTimers()).toBe(0)
    expect(calls.size()).toBe(0)
    expect(storage.calls.get(SID)?.ending).toBe('failed')
  })
})
