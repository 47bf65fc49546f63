import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../../../src/lib/virtual-clock.ts'
import {
  DownlinkLateness,
  UplinkLateness,
  usuallyFelt,
  worstLateMs,
} from '../../../src/sim/drills/lateness.ts'
import { StallMeter } from '../../../src/sim/drills/stall-meter.ts'

const FRAME_BYTES = 960
const always = { fromMs: -Infinity, toMs: Infinity }

/** A second of punctual frames of 20 ms, then frames that are each so late. */
function uplink(lateMs: readonly number[]): UplinkLateness {
  const up = new UplinkLateness()
  for (let frame = 1; frame <= 51; frame++) up.append(frame * 20, FRAME_BYTES)
  lateMs.forEach((late, index) => up.append(1_040 + index * 20 + late, FRAME_BYTES))
  return up
}

describe('UplinkLateness', () => {
  it('measures against the most punctual piece, wherever it stands', () => {
    const late = uplink([3, 3, 43, 23, 3, -2, 3]).within(always)
    expect(late.map(({ lateMs }) => lateMs).toReversed()).toEqual([5, 5, 45, 25, 5, 0, 5])
  })

  it('finds what was due in a stretch, also when it came after it', () => {
    const late = uplink([0, 0, 300, 280, 260]).within({ fromMs: 1_080, toMs: 1_100 })
    expect(late).toEqual([{ dueMs: 1_080, lateMs: 300 }])
  })

  it('leaves out what was kept until the session was ready', () => {
    const up = new UplinkLateness()
    for (let frame = 0; frame < 10; frame++) up.append(1_000, FRAME_BYTES)
    for (let frame = 1; frame <= 60; frame++) up.append(1_000 + frame * 20, FRAME_BYTES)
    const late = up.within(always)
    expect(late).toHaveLength(11)
    expect(late.every(({ lateMs }) => lateMs === 0)).toBe(true)
  })
})

describe('DownlinkLateness', () => {
  it('measures from the moment of emission to that of arrival, whatever came before', () => {
    const down = new DownlinkLateness()
    down.arrive(0, 40_000)
    down.emit(1_000, 200 * 48)
    down.emit(1_025, 200 * 48)
    down.arrive(1_004, 199 * 8)
    down.arrive(1_060, 199 * 8)
    expect(down.within(always)).toEqual([
      { dueMs: 1_000, lateMs: 4 },
      { dueMs: 1_025, lateMs: 35 },
    ])
  })

  it('counts a piece only when all of it has come, but for what the filters keep', () => {
    const down = new DownlinkLateness()
    down.emit(0, 400 * 48)
    down.arrive(5, 200 * 8)
    expect(down.within(always)).toEqual([])
    down.arrive(6, 180 * 8)
    expect(down.within(always)).toEqual([{ dueMs: 0, lateMs: 6 }])
  })

  it('begins anew with each reply, so that fixed sentences between two of them do not count', () => {
    const down = new DownlinkLateness()
    down.emit(0, 200 * 48)
    down.arrive(1, 200 * 8)
    down.arrive(500, 1_440 * 8)
    down.emit(1_000, 200 * 48)
    down.arrive(1_010, 100 * 8)
    expect(down.within({ fromMs: 1_000, toMs: 2_000 })).toEqual([])
    down.arrive(1_090, 100 * 8)
    expect(down.within({ fromMs: 1_000, toMs: 2_000 })).toEqual([{ dueMs: 1_000, lateMs: 90 }])
  })
})

describe('worstLateMs()', () => {
  it('leaves out what the process itself stood still', () => {
    const clock = new VirtualClock()
    let sleepMs = 0
    using stalls = new StallMeter({
      nowMs: () => clock.nowMs(),
      wallMs: () => clock.wallMs(),
      setTimer: (delayMs, fire) => clock.setTimer(delayMs + sleepMs, fire),
    })
    clock.advance(98)
    sleepMs = 60
    clock.advance(80)
    sleepMs = 0
    clock.advance(500)
    const found = [{ dueMs: 105, lateMs: 80 }]
    expect(worstLateMs(found, stalls)).toBeLessThan(30)
    expect(worstLateMs(found, undefined)).toBe(80)
  })

  it('is nought of nothing', () => {
    expect(worstLateMs([], undefined)).toBe(0)
  })
})

describe('usuallyFelt()', () => {
  it('is what half of the quiet stretches stay below, however bad others were', () => {
    const quiet = Array.from({ length: 10 }, (_, index) => ({ up: 10 + index, down: 1 }))
    expect(usuallyFelt([...quiet.slice(0, 9), { up: 5_000, down: 5_000 }])).toEqual({ up: 14, down: 1 })
  })

  it('is nought of none', () => {
    expect(usuallyFelt([])).toEqual({ up: 0, down: 0 })
  })
})
