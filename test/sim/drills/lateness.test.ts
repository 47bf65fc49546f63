import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../../../src/lib/virtual-clock.ts'
import { DownlinkLateness, lateMsOf, UplinkLateness } from '../../../src/sim/drills/lateness.ts'
import { StallMeter } from '../../../src/sim/drills/stall-meter.ts'

const FRAME_BYTES = 960
const always = { fromMs: -Infinity, toMs: Infinity }

/** Frames of 20 ms, each so late. */
function uplink(lateMs: readonly number[]): UplinkLateness {
  const up = new UplinkLateness()
  lateMs.forEach((late, index) => up.append(500 + (index + 1) * 20 + late, FRAME_BYTES))
  return up
}

describe('UplinkLateness', () => {
  it('measures against the most punctual piece, wherever it stands', () => {
    const late = uplink([3, 3, 43, 23, 3, 1, 3]).within(always)
    expect(late.map(({ lateMs }) => lateMs).toReversed()).toEqual([2, 2, 42, 22, 2, 0, 2])
  })

  it('finds what was due in a stretch, also when it came after it', () => {
    const late = uplink([0, 0, 300, 280, 260]).within({ fromMs: 560, toMs: 580 })
    expect(late).toEqual([{ dueMs: 560, lateMs: 300 }])
  })

  it('does not take audio that was kept and came at once for punctual', () => {
    const up = new UplinkLateness()
    for (let frame = 0; frame < 10; frame++) up.append(1_000, FRAME_BYTES)
    up.append(1_020, FRAME_BYTES)
    expect(up.within(always).map(({ lateMs }) => lateMs)).toEqual([
      0, 0, 20, 40, 60, 80, 100, 120, 140, 160, 180,
    ])
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

describe('lateMsOf()', () => {
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
    const { max } = lateMsOf(found, stalls)
    expect(max).toBeLessThan(30)
    expect(lateMsOf(found, undefined).max).toBe(80)
  })

  it('is nought of nothing', () => {
    expect(lateMsOf([], undefined)).toEqual({ p99: 0, max: 0 })
  })
})
