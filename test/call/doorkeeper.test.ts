import { describe, expect, it } from 'vitest'
import { createAudioEngine } from '../../src/audio/engine.ts'
import { Calls } from '../../src/call/calls.ts'
import { VirtualClock } from '../../src/lib/virtual-clock.ts'
import type { Labels } from '../../src/ports/metrics.ts'
import { testPlan, testPorts } from './support/ports.ts'

const engine = createAudioEngine()
const own = '+14155550100'

/** Calls whose event loop is as late as the test says. */
function start() {
  const clock = new VirtualClock()
  const world = testPorts(clock, engine)
  const counted: unknown[] = []
  const tally = (name: string, labels?: Labels): void => void counted.push([name, labels])
  const loop = { p99Ms: 0 }
  const calls = new Calls({
    ports: { ...world.ports, metrics: { ...world.ports.metrics, count: tally } },
    plan: (offer) => testPlan(offer.callSid, offer.from),
    limits: { maxCalls: 10, maxCallsPerCaller: 10, nonceTtlMs: 60_000 },
    ownNumbers: [own, '+14155550102'],
    meter: { loopP99Ms: () => loop.p99Ms, maxLoopDelayMs: 200 },
    say: { language: 'en', busy: 'All lines are busy.', apology: 'Something went wrong.' },
  })
  let number = 0
  const offer = async (from = '+14155550123', direction: 'inbound' | 'outbound' = 'inbound') => {
    const callSid = `CA${number++}`
    const answer = await calls.offer({ callSid, from, to: own, direction })
    return answer.kind
  }
  const failModel = () => {
    for (let count = 0; count < 5; count++) world.ports.modelHealth.failed()
  }
  return { ...world, clock, calls, counted, loop, offer, failModel }
}

describe('Calls: admission', () => {
  it('tells new calls "busy" while the loop is late and until it has recovered; readiness says the same', async () => {
    const world = start()
    const seen: unknown[] = []
    for (const p99Ms of [200, 201, 150, 101, 100, 150]) {
      world.loop.p99Ms = p99Ms
      seen.push([await world.offer(), world.calls.refusalReasons()])
    }
    const busy = ['sayAndHangUp', ['the event loop is too late']]
    expect(seen).toEqual([['connect', []], busy, busy, busy, ['connect', []], ['connect', []]])
    expect(world.log.lines.filter(({ kind }) => kind === 'callRefused')).toMatchObject([
      { fields: { reason: 'loopDelay' } },
      { fields: { reason: 'loopDelay' } },
      { fields: { reason: 'loopDelay' } },
    ])
    expect(world.storage.calls.get('CA1')).toMatchObject({ ending: 'refused' })
  })

  it('sends new calls to the ladder while the model is down; readiness says so as long as none would try', async () => {
    const world = start()
    world.failModel()
    expect(world.calls.refusalReasons()).toEqual(['no session of the model can be had'])
    expect(await world.offer()).toBe('recordMessage')
    world.clock.advance(15_000)
    expect(world.calls.refusalReasons()).toEqual([])
    expect(world.calls.refusalReasons()).toEqual([])
    expect(await world.offer()).toBe('connect')
    expect(await world.offer()).toBe('recordMessage')
  })

  it('rejects what comes in from a number of ours, which is a call of ours that was forwarded to us', async () => {
    const world = start()
    expect(await world.offer(own)).toBe('reject')
    expect(await world.offer('+14155550102')).toBe('reject')
    expect(world.counted[0]).toEqual(['refusals_total', { reason: 'ownNumber' }])
    expect(world.counted[1]).toEqual(world.counted[0])
    expect(world.log.lines).toMatchObject([
      { kind: 'callRefused', fields: { reason: 'ownNumber' } },
      { kind: 'callRefused', fields: { reason: 'ownNumber' } },
    ])
    expect(world.storage.calls.get('CA0')).toMatchObject({ ending: 'refused' })
    expect(await world.offer(own, 'outbound')).toBe('connect')
  })

  it('a call that is told "busy" does not use up the one that may try the model', async () => {
    const world = start()
    world.failModel()
    world.clock.advance(15_000)
    world.loop.p99Ms = 500
    expect(await world.offer()).toBe('sayAndHangUp')
    world.loop.p99Ms = 0
    expect(await world.offer()).toBe('connect')
  })
})
