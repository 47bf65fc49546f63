import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../../../src/lib/virtual-clock.ts'
import { queuedMsOf, RunQueueMeter } from '../../../src/sim/drills/run-queue-meter.ts'
import { Standstill } from '../../../src/sim/drills/standstill.ts'
import { type Stall, stallsWithin } from '../../../src/sim/drills/stall-meter.ts'

function meterOf(...stalls: readonly Stall[]) {
  return { within: (stretch: Stall) => stallsWithin(stalls, stretch) }
}

describe('Standstill', () => {
  it('stalledMs() counts once what several stood still together, and only what lies within', () => {
    const still = new Standstill([
      meterOf({ fromMs: 0, toMs: 10 }, { fromMs: 100, toMs: 140 }),
      meterOf({ fromMs: 110, toMs: 120 }, { fromMs: 130, toMs: 160 }),
    ])
    expect(still.stalledMs({ fromMs: 0, toMs: 200 })).toBe(70)
    expect(still.stalledMs({ fromMs: 5, toMs: 135 })).toBe(40)
    expect(still.stalledMs({ fromMs: 160, toMs: 300 })).toBe(0)
  })
})

describe('RunQueueMeter', () => {
  it('within() knows how long a process waited, and that it had waited until then', () => {
    const clock = new VirtualClock()
    const startMs = clock.nowMs()
    let waitedMs: number | undefined = 500
    using meter = new RunQueueMeter(clock, () => waitedMs)
    clock.advance(20)
    waitedMs = 512
    clock.advance(20)
    waitedMs = 512.9
    clock.advance(20)
    waitedMs = undefined
    clock.advance(20)
    expect(meter.within({ fromMs: startMs, toMs: startMs + 100 })).toEqual([
      { fromMs: startMs + 13, toMs: startMs + 25 },
    ])
  })

  it('leaves no timer behind', () => {
    const clock = new VirtualClock()
    new RunQueueMeter(clock, () => 0)[Symbol.dispose]()
    expect(clock.pendingTimers()).toBe(0)
  })
})

describe('queuedMsOf()', () => {
  it('asks the kernel, and knows nothing of a process that is gone', () => {
    const own = queuedMsOf(process.pid)
    expect(own === undefined || own >= 0).toBe(true)
    expect(queuedMsOf(2 ** 31 - 1)).toBeUndefined()
  })
})
