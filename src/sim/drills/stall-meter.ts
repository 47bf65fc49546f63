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
    return this.within(stretch).reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0)
  }

  /** The stalls of a stretch of time, each as far as it lies within. */
  within(stretch: Stall): readonly Stall[] {
    return stallsWithin(this.#stalls, stretch)
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

/** Those of many stalls, noted in the order in which they ended, that lie within a stretch, as far as they do. */
export function stallsWithin(stalls: readonly Stall[], stretch: Stall): readonly Stall[] {
  const found: Stall[] = []
  for (let index = stalls.length - 1; index >= 0; index--) {
    const { fromMs = 0, toMs = -Infinity } = stalls[index] ?? {}
    if (toMs <= stretch.fromMs) break
    if (fromMs < stretch.toMs) {
      found.push({ fromMs: Math.max(fromMs, stretch.fromMs), toMs: Math.min(toMs, stretch.toMs) })
    }
  }
  return found
}
