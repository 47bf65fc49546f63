import { describe, expect, it } from 'vitest'
import { createAudioEngine } from '../../src/audio/engine.ts'
import { Calls } from '../../src/call/calls.ts'
import { VirtualClock } from '../../src/lib/virtual-clock.ts'
import { Line } from './support/line.ts'
import { testPlan, testPorts } from './support/ports.ts'

const SID = 'CA00000000000000000000000000000001'

async function settled(): Promise<void> {
  for (let round = 0; round < 60; round++) await Promise.resolve()
}

describe('a call', () => {
  it('marks each entry into the event loop: webhooks, timers, what a tool answers', async () => {
    const clock = new VirtualClock()
    const world = testPorts(clock, createAudioEngine())
    let entries: string[] = []
    const loop = { enter: (callSid: string, atMs: number) => void entries.push(`${callSid} ${atMs}`) }
    const calls = new Calls({
      ports: { ...world.ports, loop },
      plan: (offer) => testPlan(offer.callSid, offer.from),
      limits: { maxCalls: 10, maxCallsPerCaller: 10, nonceTtlMs: 60_000 },
      say: { language: 'en', busy: 'All lines are busy.', apology: 'Something went wrong.' },
    })
    /** What entered the loop while the work was done. */
    const during = async (work: () => unknown): Promise<readonly string[]> => {
      entries = []
      await work()
      await settled()
      return entries
    }
    const now = () => [`${SID} ${clock.nowMs()}`]
    const offer = { callSid: SID, from: '+14155550123', to: '+14155550100', direction: 'inbound' } as const
    clock.advance(5)
    expect(await during(() => calls.offer(offer))).toEqual(now())
    expect(await during(() => calls.afterStream(SID))).toEqual(now())
    expect(await during(() => calls.onStatus({ callSid: SID, status: 'in-progress' }))).toEqual(now())
    calls.attach({ callSid: SID, sink: new Line(clock, () => undefined) })
    const session = world.speech.last()
    session.emit({ kind: 'sessionReady', sessionId: 'sess_1', atMs: clock.nowMs() })
    const asked = { responseId: 'resp_1', callId: 'call_1', name: 'end_call', arguments: '{}' }
    session.emit({ kind: 'responseStarted', responseId: 'resp_1', atMs: clock.nowMs() })
    expect(
      await during(() => session.emit({ kind: 'toolRequested', ...asked, atMs: clock.nowMs() })),
    ).toEqual(now())
    const later = await during(() => clock.advance(60_000))
    expect(later.length).toBeGreaterThan(0)
    expect(new Set(later.map((entry) => entry.split(' ')[0]))).toEqual(new Set([SID]))
  })
})
