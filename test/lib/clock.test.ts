import { describe, expect, it } from 'vitest'
import { lookTickMs, sharedTickMs, sharedTickWithin } from '../../src/lib/clock.ts'

/** The time at which a timer falls due whose delay was asked for, to the hundredth of a millisecond. */
function dueMs(nowMs: number, atMostMs: number): number {
  return Math.round((nowMs + sharedTickWithin(nowMs, atMostMs)) * 100) / 100
}

describe('sharedTickWithin()', () => {
  it('is the last look within the time, at every second shared tick', () => {
    expect(lookTickMs).toBe(2 * sharedTickMs)
    expect(dueMs(1_003.5, 750)).toBe(1_720)
    expect(dueMs(1_030, 750)).toBe(1_760)
    expect(dueMs(1_000, lookTickMs)).toBe(1_040)
  })

  it('is a shared tick where no look falls into the time', () => {
    expect(dueMs(1_003.5, 20)).toBe(1_020)
    expect(dueMs(1_003.5, 36)).toBe(1_020)
    expect(dueMs(1_003.5, 37)).toBe(1_040)
  })

  it('is the end of the time where neither does', () => {
    expect(sharedTickWithin(1_003.5, 16)).toBe(16)
    expect(sharedTickWithin(1_000, 0)).toBe(0)
  })

  it('is never later than asked for, and always later than now', () => {
    for (let step = 0; step < 4_000; step++) {
      const nowMs = 777 + step * 0.37
      const atMostMs = 0.01 + ((step * 7) % 90)
      const delayMs = sharedTickWithin(nowMs, atMostMs)
      expect(delayMs).toBeGreaterThan(0)
      expect(delayMs).toBeLessThanOrEqual(atMostMs)
      // One that is due now is not late by a round of the looks.
      expect(delayMs).toBeGreaterThan(atMostMs - lookTickMs)
    }
  })
})
