import * as fc from 'fast-check'
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

  it('fireNext() fires one timer, at its time, also where another has the same', () => {
    const clock = new VirtualClock()
    const seen: string[] = []
    clock.setTimer(7, () => seen.push(`a ${clock.nowMs()}`))
    clock.setTimer(7, () => seen.push(`b ${clock.nowMs()}`))
    expect(clock.fireNext()).toBe(true)
    expect(seen).toEqual(['a 7'])
    expect(clock.nextDelayMs()).toBe(0)
    expect(clock.fireNext()).toBe(true)
    expect(seen).toEqual(['a 7', 'b 7'])
    expect(clock.fireNext()).toBe(false)
    expect(clock.nowMs()).toBe(7)
  })

  it('fires whatever is set and taken back in the order of due time and setting', () => {
    const act = fc.record({ delayMs: fc.integer({ min: 0, max: 30 }), cancels: fc.nat({ max: 60 }) })
    fc.assert(
      fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
        const clock = new VirtualClock()
        const set: { dueMs: number; order: number; live: boolean; cancel: () => void }[] = []
        const fired: number[] = []
        for (const [order, { delayMs, cancels }] of acts.entries()) {
          const timer = clock.setTimer(delayMs, () => {
            expect(clock.nowMs()).toBe(set[order]?.dueMs)
            fired.push(order)
          })
          set.push({ dueMs: clock.nowMs() + delayMs, order, live: true, cancel: () => timer.cancel() })
          const victim = set[cancels]
          victim?.cancel()
          if (victim) victim.live = false
        }
        const live = set.filter((one) => one.live)
        expect(clock.pendingTimers()).toBe(live.length)
        clock.advance(31)
        const expected = live.toSorted((a, b) => a.dueMs - b.dueMs || a.order - b.order)
        expect(fired).toEqual(expected.map(({ order }) => order))
        expect(clock.pendingTimers()).toBe(0)
      }),
    )
  })

  it('keeps the same distances however late it has become', () => {
    expect(distances(604_800_123)).toEqual(distances(0))
  })
})

function distances(startMs: number): number[] {
  const clock = new VirtualClock()
  clock.advance(startMs)
  const seen: number[] = []
  const chain = (left: number): void => {
    seen.push(clock.nowMs() - startMs)
    if (left > 0) clock.setTimer(1_000 / 384 / left, () => chain(left - 1))
  }
  chain(50)
  clock.advance(100)
  return seen
}

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
