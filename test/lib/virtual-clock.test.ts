import { describe, expect, it } from 'vitest'
import { deadline, isoTime, systemClock } from '../../src/lib/clock.ts'
import { VirtualClock } from '../../src/lib/virtual-clock.ts'

describe('VirtualClock', () => {
  it('advance() fires timers in order of due time, each at its own time', () => {
    const clock = new VirtualClock()
    const seen: [string, number][] = []
    clock.setTimer(20, () => seen.push(['b', clock.nowMs()]))
    clock.setTimer(10, () => {
      seen.push(['a', clock.nowMs()])
      clock.setTimer(5, () => seen.push(['nested', clock.nowMs()]))
    })
    clock.setTimer(20, () => seen.push(['c', clock.nowMs()]))
    clock.advance(30)
    expect(seen).toEqual([
      ['a', 10],
      ['nested', 15],
      ['b', 20],
      ['c', 20],
    ])
    expect(clock.pendingTimers()).toBe(0)
  })

  it('a cancelled timer does not fire', () => {
    const clock = new VirtualClock()
    let fired = false
    clock.setTimer(5, () => (fired = true)).cancel()
    clock.advance(10)
    expect(fired).toBe(false)
  })
})

describe('deadline()', () => {
  it('aborts after its delay and not when disposed before', () => {
    const clock = new VirtualClock()
    const kept = deadline({ clock, delayMs: 100, reason: 'too late' })
    const dropped = deadline({ clock, delayMs: 100, reason: 'too late' })
    dropped[Symbol.dispose]()
    clock.advance(100)
    expect(kept.signal.aborted).toBe(true)
    expect(dropped.signal.aborted).toBe(false)
  })
})

describe('systemClock', () => {
  it('wallMs() agrees with the system date', () => {
    expect(Math.abs(systemClock.wallMs() - Date.now())).toBeLessThan(5_000)
    expect(isoTime(0)).toBe('1970-01-01T00:00:00.000Z')
  })
})
