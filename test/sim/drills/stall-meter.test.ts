import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../../../src/lib/virtual-clock.ts'
import { StallMeter } from '../../../src/sim/drills/stall-meter.ts'

/** A clock whose timers fire late by what is given, one after another, as when the process stands still. */
function stallingClock(lateMs: number[]) {
  const clock = new VirtualClock()
  const setTimer = clock.setTimer.bind(clock)
  clock.setTimer = (delayMs, fire) => setTimer(delayMs + (lateMs.shift() ?? 0), fire)
  return clock
}

describe('StallMeter', () => {
  it('stalledMs() is what the process stood still within the stretch, and nothing of timers that are a little late', () => {
    const clock = stallingClock([0, 2, 100, 0])
    using meter = new StallMeter(clock)
    const startMs = clock.nowMs()
    clock.advance(200)
    // Ticks were due after 5, 10, 17 and 122 ms; the third came 100 ms late.
    expect(meter.stalledMs({ fromMs: startMs, toMs: startMs + 200 })).toBe(100)
    expect(meter.stalledMs({ fromMs: startMs + 100, toMs: startMs + 200 })).toBe(17)
    expect(meter.stalledMs({ fromMs: startMs + 150, toMs: startMs + 200 })).toBe(0)
  })

  it('leaves no timer behind', () => {
    const clock = new VirtualClock()
    new StallMeter(clock)[Symbol.dispose]()
    expect(clock.pendingTimers()).toBe(0)
  })
})
