import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TimerWheel, tickMs } from '../../src/lib/timer-wheel.ts'

const seed = 20_261_120

/** Time by hand: an alarm rings when it is reached, or earlier where `earlyMs` says so. */
class Hand {
  nowMs = 0
  alarms = 0
  readonly thrown: unknown[] = []
  readonly wheel: TimerWheel
  #alarm: { readonly atMs: number; readonly ring: () => void } | undefined
  readonly #earlyMs: number

  constructor(options: { readonly startMs?: number; readonly earlyMs?: number } = {}) {
    this.nowMs = options.startMs ?? 0
    this.#earlyMs = options.earlyMs ?? 0
    this.wheel = new TimerWheel({
      nowMs: () => this.nowMs,
      setAlarm: (delayMs, ring) => {
        if (delayMs < 0) throw new Error(`An alarm of ${delayMs} ms`)
        const early = delayMs > 2 * this.#earlyMs ? this.#earlyMs : 0
        const alarm = { atMs: this.nowMs + delayMs - early, ring }
        this.#alarm = alarm
        this.alarms++
        return () => {
          if (this.#alarm === alarm) this.#alarm = undefined
        }
      },
      onThrown: (error) => this.thrown.push(error),
    })
  }

  isArmed(): boolean {
    return this.#alarm !== undefined
  }

  /** Lets time pass; an alarm rings at its time, and when `blocked` only in the end. */
  pass(ms: number, blocked = false): void {
    const untilMs = this.nowMs + ms
    for (let rings = 0; this.#alarm !== undefined && this.#alarm.atMs <= untilMs; rings++) {
      if (rings > 100_000) throw new Error('The alarm rings for ever')
      const { atMs, ring } = this.#alarm
      this.#alarm = undefined
      this.nowMs = blocked ? untilMs : Math.max(this.nowMs, atMs)
      ring()
    }
    this.nowMs = Math.max(this.nowMs, untilMs)
  }
}

/** What a wheel has to do, done without any cleverness. */
class Model {
  #waiting: { readonly id: number; readonly dueMs: number; readonly tick: number }[] = []

  set(id: number, { dueMs, nowMs }: { dueMs: number; nowMs: number }): void {
    // One without delay waits for the tick after the one it was set in.
    const tick = Math.max(Math.ceil(dueMs / tickMs), Math.floor(nowMs / tickMs) + 1)
    this.#waiting.push({ id, dueMs, tick })
  }

  cancel(id: number): void {
    this.#waiting = this.#waiting.filter((timer) => timer.id !== id)
  }

  size(): number {
    return this.#waiting.length
  }

  /** Ids of what was due by a tick's time, in the order in which it has to fire. */
  due(nowMs: number): number[] {
    const due = this.#waiting.filter(({ tick }) => tick <= Math.floor(nowMs / tickMs))
    for (const { id } of due) this.cancel(id)
    return due.toSorted((a, b) => a.tick - b.tick || a.dueMs - b.dueMs || a.id - b.id).map(({ id }) => id)
  }
}

type Act =
  | { readonly kind: 'set'; readonly delayMs: number }
  | { readonly kind: 'cancel'; readonly which: number }
  | { readonly kind: 'pass'; readonly ms: number; readonly blocked: boolean }

const delays = fc.oneof(
  fc.double({ min: 0, max: 40, noNaN: true }),
  fc.double({ min: 0, max: 3_000, noNaN: true }),
  fc.integer({ min: 900, max: 1_100 }),
  fc.integer({ min: 60_000, max: 70_000 }),
  fc.integer({ min: 0, max: 5_000_000 }),
  fc.integer({ min: 250_000_000, max: 400_000_000 }),
  fc.constantFrom(-5, 0, 1_023, 1_024, 1_025, 65_535, 65_536, 65_537, 4_194_304),
)
const acts: fc.Arbitrary<readonly Act[]> = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: delays.map((delayMs): Act => ({ kind: 'set', delayMs })) },
    { weight: 2, arbitrary: fc.nat(60).map((which): Act => ({ kind: 'cancel', which })) },
    {
      weight: 5,
      arbitrary: fc
        .record({ ms: delays, blocked: fc.boolean() })
        .map(({ ms, blocked }): Act => ({ kind: 'pass', ms: Math.max(0, ms), blocked })),
    },
  ),
  { maxLength: 60 },
)

describe('TimerWheel', () => {
  it('fires what a plain list would fire, in its order, never early and at the next tick', () => {
    fc.assert(
      fc.property(
        acts,
        fc.double({ min: 0, max: 1e12, noNaN: true }),
        fc.constantFrom(0, 0.9),
        (todo, startMs, earlyMs) => {
          const hand = new Hand({ startMs, earlyMs })
          const model = new Model()
          const timers: { cancel(): void }[] = []
          const fired: number[] = []
          for (const act of todo) {
            if (act.kind === 'set') {
              const id = timers.length
              const dueMs = hand.nowMs + Math.max(0, act.delayMs)
              model.set(id, { dueMs, nowMs: hand.nowMs })
              timers.push(
                hand.wheel.set(act.delayMs, () => {
                  if (hand.nowMs < dueMs) hand.thrown.push(`${id} came early`)
                  fired.push(id)
                }),
              )
            } else if (act.kind === 'cancel') {
              timers[act.which]?.cancel()
              model.cancel(act.which)
            } else {
              hand.pass(act.ms, act.blocked)
            }
            const due = act.kind === 'pass' ? model.due(hand.nowMs) : []
            expect(fired.splice(0)).toEqual(due)
            expect(hand.thrown).toEqual([])
            expect(hand.wheel.size()).toBe(model.size())
            expect(hand.isArmed()).toBe(model.size() > 0)
          }
        },
      ),
      { seed, numRuns: 2_000 },
    )
  })

  it('wakes up no more often than there are timers, for far ones a few times more', () => {
    const hand = new Hand()
    let fired = 0
    for (const delayMs of [10, 12, 500, 3_000, 100_000, 10_000_000]) hand.wheel.set(delayMs, () => fired++)
    hand.pass(20_000_000)
    expect(fired).toBe(6)
    expect(hand.alarms).toBeLessThanOrEqual(12)
  })

  it('sets one alarm for a thousand timers of one moment, and none anew for those that are taken back', () => {
    const hand = new Hand()
    const timers = Array.from({ length: 1_000 }, () => hand.wheel.set(50, () => undefined))
    for (const timer of timers.slice(1)) timer.cancel()
    expect(hand.alarms).toBe(1)
    timers[0]?.cancel()
    expect(hand.isArmed()).toBe(false)
  })

  it.each([50, 3_000, 100_000, 10_000_000])('fires the one that is left of two in %d ms', (delayMs) => {
    const hand = new Hand()
    let fired = 0
    hand.wheel.set(delayMs, () => fired++)
    hand.wheel.set(delayMs, () => fired++).cancel()
    hand.wheel.set(delayMs / 2, () => undefined)
    hand.pass(delayMs + tickMs)
    expect(fired).toBe(1)
  })

  it('lets a timer set and cancel others, itself included', () => {
    const hand = new Hand()
    const told: string[] = []
    const first = hand.wheel.set(10, () => {
      told.push('first')
      first.cancel()
      second.cancel()
      hand.wheel.set(0, () => told.push('at once'))
      hand.wheel.set(1_000_000, () => told.push('late'))
    })
    const second = hand.wheel.set(10.5, () => told.push('second'))
    hand.pass(12)
    expect(told).toEqual(['first'])
    hand.pass(tickMs)
    expect(told).toEqual(['first', 'at once'])
    hand.pass(1_000_000)
    expect(told).toEqual(['first', 'at once', 'late'])
    expect(hand.wheel.size()).toBe(0)
  })

  it('passes on what a timer throws, and fires the others', () => {
    const hand = new Hand()
    const fault = new Error('planted')
    let fired = 0
    hand.wheel.set(10, () => fired++)
    hand.wheel.set(10, () => {
      throw fault
    })
    hand.wheel.set(10, () => fired++)
    hand.wheel.set(500, () => fired++)
    hand.pass(600)
    expect([fired, hand.thrown]).toEqual([3, [fault]])
  })

  it('takes a delay that is no number for none, and one without an end for the longest', () => {
    const hand = new Hand()
    const told: string[] = []
    hand.wheel.set(Number.NaN, () => told.push('no number'))
    hand.wheel.set(-1, () => told.push('negative'))
    const endless = hand.wheel.set(Infinity, () => told.push('never'))
    hand.pass(4_000_000_000)
    expect(told).toEqual(['no number', 'negative'])
    endless.cancel()
    expect(hand.isArmed()).toBe(false)
  })
})
