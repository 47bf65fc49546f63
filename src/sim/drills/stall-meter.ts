import type { Clock, Timer } from '../../lib/clock.ts'

const TICK_MS = 5
/** A tick that is later than this is a stall: timers alone are late by up to two milliseconds. */
const LEAST_STALL_MS = 10
/** Stalls that are remembered; the oldest go. */
const MAX_STALLS = 100_000

/** A stretch of time in which this process did nothing, as somebody on its outside would see it. */
export type Stall = { readonly fromMs: number; readonly toMs: number }

/**
 * Notices when this process stands still: the machine was busy, or memory was tidied. Server and world share the
 * process, so a stall between the server's message and its arrival looks as if the message had been late.
 */
export class StallMeter implements Disposable {
  readonly #clock: Clock
  readonly #stalls: Stall[] = []
  #timer: Timer
  #dueMs: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#dueMs = clock.nowMs() + TICK_MS
    this.#timer = clock.setTimer(TICK_MS, () => this.#tick())
  }

  /** Milliseconds of the given stretch in which the process stood still. */
  stalledMs(stretch: Stall): number {
    return this.#stalls.reduce((sum, { fromMs, toMs }) => {
      const overlapMs = Math.min(toMs, stretch.toMs) - Math.max(fromMs, stretch.fromMs)
      return sum + Math.max(0, overlapMs)
    }, 0)
  }

  [Symbol.dispose](): void {
    this.#timer.cancel()
  }

  #tick(): void {
    const nowMs = this.#clock.nowMs()
    if (nowMs - this.#dueMs >= LEAST_STALL_MS) this.#stalls.push({ fromMs: this.#dueMs, toMs: nowMs })
    if (this.#stalls.length > MAX_STALLS) this.#stalls.shift()
    this.#dueMs = nowMs + TICK_MS
    this.#timer = this.#clock.setTimer(TICK_MS, () => this.#tick())
  }
}
