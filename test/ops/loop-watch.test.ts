import { afterEach, describe, expect, it } from 'vitest'
import { type Clock, systemClock, type Timer } from '../../src/lib/clock.ts'
import { loopIdleMs, LoopWatch } from '../../src/ops/loop-watch.ts'
import type { Log, LogFields } from '../../src/ports/log.ts'

type Line = { readonly kind: string; readonly callSid?: string } & LogFields

/** A log that keeps its lines with the call they are about. */
function keptLog(lines: Line[], callSid?: string): Log {
  return {
    event: (_level, kind, fields = {}) =>
      void lines.push({ kind, ...(callSid !== undefined && { callSid }), ...fields }),
    forCall: (of) => keptLog(lines, of),
  }
}

/**
 * A clock on which the loop stands still now and then: what falls due meanwhile fires late, when it turns again. All other
 * time it waits.
 */
class StallingClock implements Clock {
  #nowMs = 0
  #idleMs = 0
  readonly #timers = new Set<{ readonly dueMs: number; readonly fire: () => void }>()

  nowMs(): number {
    return this.#nowMs
  }

  wallMs(): number {
    return this.#nowMs
  }

  setTimer(delayMs: number, fire: () => void): Timer {
    const timer = { dueMs: this.#nowMs + delayMs, fire }
    this.#timers.add(timer)
    return { cancel: () => this.#timers.delete(timer) }
  }

  idleMs(): number {
    return this.#idleMs
  }

  pendingTimers(): number {
    return this.#timers.size
  }

  stall(durationMs: number): void {
    this.#nowMs += durationMs
  }

  turn(): void {
    for (const timer of this.#timers) {
      if (timer.dueMs <= this.#nowMs && this.#timers.delete(timer)) timer.fire()
    }
  }

  advance(durationMs: number): void {
    for (let ms = 0; ms < durationMs; ms++) {
      this.#nowMs++
      this.#idleMs++
      this.turn()
    }
  }

  /** The process is not let run while it waits: that is no time of its work. */
  pause(durationMs: number): void {
    this.#nowMs += durationMs
    this.#idleMs += durationMs
  }
}

let open: LoopWatch | undefined
afterEach(() => open?.[Symbol.dispose]())

function watchOn<C extends Clock>(clock: C, idleMs: () => number) {
  const lines: Line[] = []
  const counted: string[] = []
  const metrics = {
    count: (name: string) => void counted.push(name),
    observe: () => undefined,
    gauge: () => undefined,
  }
  open = new LoopWatch({ clock, log: keptLog(lines), metrics, idleMs })
  open.start()
  return { watch: open, lines, counted, clock }
}

function onStallingClock() {
  const clock = new StallingClock()
  return watchOn(clock, () => clock.idleMs())
}

describe('LoopWatch: a loop that stood still', () => {
  it('is reported once it turns again, with the call after whose entry nothing came for longest', () => {
    const { watch, clock, lines, counted } = onStallingClock()
    clock.advance(1_000)
    watch.enter('CAbefore', clock.nowMs())
    clock.stall(40)
    watch.enter('CAheld', clock.nowMs())
    clock.stall(300)
    // These had to wait, and enter before the timer of the watch fires.
    for (const callSid of ['CAb', 'CAc', 'CAd']) {
      watch.enter(callSid, clock.nowMs())
      clock.stall(5)
    }
    expect(lines).toEqual([])
    clock.turn()
    expect(lines).toEqual([
      { kind: 'loopBlocked', callSid: 'CAheld', durationMs: expect.closeTo(340, -1.7) as unknown },
    ])
    clock.advance(5_000)
    expect(lines).toHaveLength(1)
    expect(counted).toEqual(['loop_blocked_total'])
  })

  it('names the last one that entered, when nothing came after it', () => {
    const { watch, clock, lines } = onStallingClock()
    clock.advance(1_000)
    watch.enter('CAother', clock.nowMs())
    clock.stall(2)
    watch.enter('CAlast', clock.nowMs())
    clock.stall(400)
    clock.turn()
    expect(lines.map(({ callSid }) => callSid)).toEqual(['CAlast'])
  })

  it('is judged anew each time: who held it longer before is not named for another', () => {
    const { watch, clock, lines } = onStallingClock()
    for (const [callSid, heldMs] of [
      ['CAlong', 500],
      ['CAshort', 250],
    ] as const) {
      clock.advance(1_000)
      watch.enter(callSid, clock.nowMs())
      clock.stall(heldMs)
      watch.enter('CAother', clock.nowMs())
      clock.turn()
    }
    expect(lines.map(({ callSid }) => callSid)).toEqual(['CAlong', 'CAshort'])
  })

  it('names nobody, when the last entry is long ago', () => {
    const { watch, clock, lines } = onStallingClock()
    watch.enter('CAlong', clock.nowMs())
    clock.advance(2_000)
    clock.stall(400)
    clock.turn()
    expect(lines).toEqual([{ kind: 'loopBlocked', durationMs: expect.closeTo(400, -2) as unknown }])
  })

  it('is reported from 220 ms on wherever in the watch’s round it begins, and never below 200', () => {
    const { clock, lines } = onStallingClock()
    const stalled = (durationMs: number): number => {
      lines.length = 0
      clock.stall(durationMs)
      clock.turn()
      clock.advance(1_000)
      return lines.length
    }
    for (let phaseMs = 0; phaseMs < 60; phaseMs++) {
      clock.advance(phaseMs)
      expect(stalled(221), `${phaseMs} ms on`).toBe(1)
      expect(lines[0]?.durationMs).toBeGreaterThan(200)
      expect(lines[0]?.durationMs).toBeLessThanOrEqual(221)
      expect(stalled(199), `${phaseMs} ms on`).toBe(0)
    }
  })

  it('is seen too where the process was not let run, though not as exactly', () => {
    const { clock, lines } = onStallingClock()
    for (let phaseMs = 0; phaseMs < 60; phaseMs++) {
      clock.advance(1_000 + phaseMs)
      lines.length = 0
      clock.pause(241)
      clock.turn()
      expect(lines, `${phaseMs} ms on`).toHaveLength(1)
    }
  })

  it('is not reported below 200 ms, nor for a quiet time in which nobody entered', () => {
    const { watch, clock, lines } = onStallingClock()
    watch.enter('CAquiet', clock.nowMs())
    clock.advance(5_000)
    watch.enter('CAquiet', clock.nowMs())
    clock.stall(190)
    clock.turn()
    expect(lines).toEqual([])
  })

  it('is measured for real', async () => {
    const { watch, lines } = watchOn(systemClock, loopIdleMs)
    watch.enter('CAheld', performance.now())
    const untilMs = performance.now() + 260
    while (performance.now() < untilMs);
    watch.enter('CAnext', performance.now())
    await new Promise((resume) => setTimeout(resume, 0))
    await new Promise((resume) => setTimeout(resume, 0))
    expect(lines).toEqual([
      { kind: 'loopBlocked', callSid: 'CAheld', durationMs: expect.closeTo(260, -2) as unknown },
    ])
  })
})

describe('loopIdleMs()', () => {
  it('grows while the loop waits, and not while it works', async () => {
    await new Promise((resume) => setTimeout(resume, 0))
    const beforeMs = loopIdleMs()
    const untilMs = performance.now() + 60
    while (performance.now() < untilMs);
    expect(loopIdleMs() - beforeMs).toBeLessThan(1)
    await new Promise((resume) => setTimeout(resume, 60))
    expect(loopIdleMs() - beforeMs).toBeGreaterThan(30)
  })
})

describe('LoopWatch.recentP99Ms()', () => {
  it('is 0 in the first two seconds, whose stalls are of the start', () => {
    const { watch, clock } = onStallingClock()
    clock.stall(300)
    clock.turn()
    expect(watch.recentP99Ms()).toBe(0)
    clock.advance(2_000)
    expect(watch.recentP99Ms()).toBe(0)
  })

  it('does not count a single stall, counts a loop that is late all the time, and forgets it in five seconds', () => {
    const { watch, clock } = onStallingClock()
    clock.advance(5_000)
    clock.stall(1_000)
    clock.turn()
    expect(watch.recentP99Ms()).toBe(0)
    for (let turn = 0; turn < 30; turn++) {
      clock.stall(150)
      clock.turn()
    }
    expect(watch.recentP99Ms()).toBeGreaterThan(100)
    clock.advance(4_500)
    expect(watch.recentP99Ms()).toBeGreaterThan(100)
    clock.advance(1_000)
    expect(watch.recentP99Ms()).toBe(0)
  })

  it('counts two stalls of seconds, and one of many ticks’ length only as one', () => {
    const { watch, clock } = onStallingClock()
    clock.advance(5_000)
    clock.stall(2_500)
    clock.turn()
    clock.advance(400)
    expect(watch.recentP99Ms()).toBe(0)
    clock.stall(300)
    clock.turn()
    expect(watch.recentP99Ms()).toBeCloseTo(280, -1.7)
  })

  it('is of the last five seconds, however seldom the loop turned in them', () => {
    const { watch, clock } = onStallingClock()
    const late = (times: number, lateMs: number): void => {
      for (let turn = 0; turn < times; turn++) {
        clock.stall(lateMs + 20)
        clock.turn()
      }
    }
    late(200, 500)
    expect(watch.recentP99Ms()).toBeCloseTo(500, 1)
    late(4, 3_000)
    expect(watch.recentP99Ms()).toBeCloseTo(3_000, 1)
    late(100, 60)
    expect(watch.recentP99Ms()).toBeCloseTo(60, 1)
  })

  it('leaves no timer behind', () => {
    const { watch, clock } = onStallingClock()
    clock.advance(100)
    watch[Symbol.dispose]()
    expect(clock.pendingTimers()).toBe(0)
  })
})
