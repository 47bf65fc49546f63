import { describe, expect, it } from 'vitest'
import { isoTime } from '../../src/lib/clock.ts'
import { VirtualClock } from '../../src/lib/virtual-clock.ts'
import { rehearsalClock } from '../../src/sim/rehearsal-clock.ts'

describe('rehearsalClock()', () => {
  it.each([
    ['a Friday evening', '2026-11-20T21:30:00Z', 'UTC', '2026-11-20T10:00:00.000Z'],
    ['a Saturday', '2026-11-21T08:00:00Z', 'UTC', '2026-11-20T10:00:00.000Z'],
    ['a Sunday', '2026-11-22T23:00:00Z', 'UTC', '2026-11-20T10:00:00.000Z'],
    ['a Monday', '2026-11-23T01:00:00Z', 'UTC', '2026-11-23T10:00:00.000Z'],
    ['another zone', '2026-11-20T21:30:00Z', 'America/New_York', '2026-11-20T15:00:00.000Z'],
    ['a zone where it is Saturday already', '2026-11-20T21:30:00Z', 'Asia/Tokyo', '2026-11-20T01:00:00.000Z'],
  ])('starts at ten on a weekday, on %s', (...[, now, timeZone, expected]) => {
    const machine = new VirtualClock(Date.parse(now))
    const clock = rehearsalClock(machine, timeZone)
    expect(isoTime(clock.wallMs())).toBe(expected)
    machine.advance(90_000)
    expect(clock.wallMs()).toBe(Date.parse(expected) + 90_000)
    expect(clock.nowMs()).toBe(90_000)
  })
})
