import { describe, expect, it } from 'vitest'
import type { Clock } from '../../../src/lib/clock.ts'
import { VirtualClock } from '../../../src/lib/virtual-clock.ts'
import { Line } from '../../../src/sim/twilio/line.ts'

const silentCaller = { frame: () => [] }

/** A clock whose timers fire late, each by a different time up to lateMs. */
function lateClock(clock: VirtualClock, lateMs: number): Clock {
  let count = 0
  return {
    nowMs: () => clock.nowMs(),
    wallMs: () => clock.wallMs(),
    setTimer: (delayMs, fire) => clock.setTimer(delayMs + ((++count * 7) % lateMs), fire),
  }
}

function line(clock: Clock, times: number[], recordingMs = 60_000): Line {
  const made = new Line({ clock, caller: silentCaller, recordingMs, onAct: () => undefined })
  made.tapSaid((_said, _lost, atMs) => times.push(atMs))
  return made
}

describe('Line', () => {
  it('makes every frame at its own time on a clock that is always late, and none too many', () => {
    const clock = new VirtualClock()
    clock.advance(3)
    const times: number[] = []
    line(lateClock(clock, 40), times).start()
    clock.advance(60_000)
    expect(times.length).toBeGreaterThanOrEqual(2_998)
    expect(times.length).toBeLessThanOrEqual(3_001)
    expect(times.every((atMs, index) => atMs === 3 + index * 20)).toBe(true)
  })

  it('makes up for a long sleep with several frames per wake-up', () => {
    const clock = new VirtualClock()
    const times: number[] = []
    const wakeUps: number[] = []
    const sleepy: Clock = {
      nowMs: () => clock.nowMs(),
      wallMs: () => clock.wallMs(),
      setTimer: (delayMs, fire) =>
        clock.setTimer(Math.max(delayMs, 1_000), () => {
          const before = times.length
          fire()
          wakeUps.push(times.length - before)
        }),
    }
    line(sleepy, times).start()
    clock.advance(3_000)
    expect(wakeUps).toEqual([51, 50, 50])
  })

  it('catchUp() makes the frames that are due and no frame within a frame', () => {
    const clock = new VirtualClock()
    const times: number[] = []
    const made = line(lateClock(clock, 1_000), times)
    made.tapSaid(() => made.catchUp())
    made.start()
    clock.advance(2)
    made.catchUp()
    expect(times).toEqual([0])
  })

  it('play() resolves when the sound was heard to its end', async () => {
    const clock = new VirtualClock()
    const made = line(clock, [])
    made.start()
    let heard = false
    const playing = made
      .play(new Uint8Array(400).fill(1), new AbortController().signal)
      .then(() => (heard = true))
    clock.advance(59)
    await Promise.resolve()
    expect(heard).toBe(false)
    clock.advance(1)
    await playing
    expect(made.recording().heardUlaw.filter((byte) => byte === 1)).toHaveLength(400)
  })

  it('keeps as much sound as it may and tells how much it left out', () => {
    const clock = new VirtualClock()
    const made = line(clock, [], 1_000)
    made.start()
    clock.advance(1_480)
    const { heardUlaw, saidUlaw, missedMs } = made.recording()
    expect([heardUlaw.length, saidUlaw.length, missedMs]).toEqual([8_000, 8_000, 500])
  })

  it('stop() leaves no timer behind', () => {
    const clock = new VirtualClock()
    const made = line(clock, [])
    made.start()
    clock.advance(100)
    made.stop()
    expect(clock.pendingTimers()).toBe(0)
  })
})
