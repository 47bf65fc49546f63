import { describe, expect, it } from 'vitest'
import { createAudioEngine } from '../../src/audio/engine.ts'
import { Calls } from '../../src/call/calls.ts'
import { VirtualClock } from '../../src/lib/virtual-clock.ts'
import type { StreamReceiver } from '../../src/ports/telephony.ts'
import { Line } from './support/line.ts'
import { testPlan, testPorts } from './support/ports.ts'

const SID = 'CA00000000000000000000000000000001'
const engine = createAudioEngine({ kind: 'integer' })

/** Makes one use of any port fail, counted over all of them, and lets every other one through. */
class Fault {
  uses = 0
  hit = ''
  readonly #failing: number

  constructor(failing: number) {
    this.#failing = failing
  }

  in<Port extends object>(port: Port, name: string): Port {
    return new Proxy(port, {
      get: (target, key) => {
        const value: unknown = Reflect.get(target, key, target)
        if (typeof value !== 'function') return value
        return (...parameters: unknown[]): unknown => {
          if (this.uses++ === this.#failing) {
            this.hit = `${name}.${String(key)}`
            throw new TypeError(this.hit)
          }
          return Reflect.apply(value, target, parameters) as unknown
        }
      },
    })
  }
}

/** One call from ring to goodbye, with a broken socket on the way. Whatever fails in it, the call ends. */
async function live(failing: number) {
  const clock = new VirtualClock()
  const fault = new Fault(failing)
  const { ports, storage, speech, hangUps } = testPorts(clock, engine)
  const calls = new Calls({
    ports: {
      ...ports,
      storage: fault.in(ports.storage, 'storage'),
      promptAudio: fault.in(ports.promptAudio, 'promptAudio'),
      telephony: fault.in(ports.telephony, 'telephony'),
      gate: {
        ...ports.gate,
        people: fault.in(ports.gate.people, 'people'),
        audit: fault.in(ports.gate.audit, 'audit'),
      },
      speech: {
        name: 'driven',
        open: (request) => fault.in(fault.in(speech, 'speech').open(request), 'session'),
      },
    },
    plan: (offer) => testPlan(offer.callSid, offer.from),
    limits: { maxCalls: 10, maxCallsPerCaller: 3, nonceTtlMs: 60_000 },
    say: { language: 'en', busy: 'All lines are busy.', apology: 'Something went wrong.' },
  })
  const refused: string[] = []
  const attempt = async (work: () => unknown) => {
    try {
      await work()
    } catch (error) {
      refused.push(String(error))
    }
    for (let turn = 0; turn < 20; turn++) await Promise.resolve()
  }
  const join = () => {
    const held: { receiver?: StreamReceiver } = {}
    const line = new Line(clock, (name) => {
      held.receiver?.onEvent({ kind: 'mark', name, atMs: clock.nowMs() })
    })
    const attached = calls.attach({ callSid: SID, sink: fault.in(line, 'sink') })
    if (attached.ok) held.receiver = attached.receiver
    return { line, receiver: held.receiver }
  }
  const tell = (event: Parameters<(typeof speech.sessions)[number]['emit']>[0]) => {
    const session = speech.sessions.at(-1)
    if (session && !session.closed) session.emit({ ...event, atMs: clock.nowMs() })
  }
  const of = { responseId: 'resp_1', itemId: 'item_1', atMs: 0 }
  await attempt(async () =>
    calls.offer({ callSid: SID, from: '+14155550123', to: '+14155550100', direction: 'inbound' }),
  )
  await attempt(() => {
    const { line, receiver } = join()
    tell({ kind: 'sessionReady', sessionId: 'sess_1', atMs: 0 })
    line.play(1_000)
    receiver?.onEvent({ kind: 'streamEnded', reason: 'closed', atMs: clock.nowMs() })
  })
  await attempt(async () => calls.afterStream(SID))
  await attempt(() => {
    const { line } = join()
    tell({ ...of, kind: 'speechStarted' })
    tell({ ...of, kind: 'speechStopped' })
    tell({ ...of, kind: 'turnCommitted' })
    tell({ ...of, kind: 'responseStarted' })
    speech.sessions.at(-1)?.request.receiver.onAudio({ ...of, bytes: new Uint8Array(48_000) })
    line.play(500)
    tell({ ...of, kind: 'speechStarted', itemId: 'item_2' })
    tell({ ...of, kind: 'toolRequested', callId: 'call_1', name: 'end_call', arguments: '{}' })
  })
  clock.advance(4_000_000)
  await attempt(() => undefined)
  clock.advance(60_000)
  await attempt(() => undefined)
  return { fault, calls, clock, storage, speech, hangUps, refused }
}

describe('Calls with a port that fails once', () => {
  it('ends the call in every case: no timer, no session and no place is kept', async () => {
    const whole = await live(-1)
    expect(whole.refused).toEqual([])
    expect(whole.fault.uses).toBeGreaterThan(40)
    const hit = new Set<string>()
    for (let failing = 0; failing < whole.fault.uses; failing++) {
      const { fault, calls, clock, speech, hangUps } = await live(failing)
      hit.add(fault.hit)
      expect.soft(calls.size(), fault.hit).toBe(0)
      expect.soft(clock.pendingTimers(), fault.hit).toBe(0)
      const open = speech.sessions.filter(({ closed }) => !closed)
      expect.soft(open.length, fault.hit).toBeLessThanOrEqual(fault.hit === 'session.close' ? 1 : 0)
      expect.soft(hangUps.length, fault.hit).toBeLessThanOrEqual(1)
    }
    expect([...hit]).toContain('sink.sendMedia')
    expect([...hit]).toContain('storage.putTurn')
  })
})
