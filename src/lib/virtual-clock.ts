import type { Clock, Timer } from './clock.ts'

type Waiting = { readonly dueMs: number; readonly order: number; readonly fire: () => void }

/**
 * A clock that stands still until it is told to move. Timers fire in order of their due time, then of their
 * setting, and each sees the clock at its own due time.
 */
export class VirtualClock implements Clock {
  #nowMs = 0
  #order = 0
  readonly #startWallMs: number
  readonly #waiting = new Set<Waiting>()

  /** @param startWallMs Unix milliseconds at which the clock starts */
  constructor(startWallMs = Date.UTC(2026, 10, 20, 9)) {
    this.#startWallMs = startWallMs
  }

  nowMs(): number {
    return this.#nowMs
  }

  wallMs(): number {
    return this.#startWallMs + this.#nowMs
  }

  setTimer(delayMs: number, fire: () => void): Timer {
    const waiting = { dueMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, fire }
    this.#waiting.add(waiting)
    return { cancel: () => this.#waiting.delete(waiting) }
  }

  /** How many timers are set: a leak check for tests. */
  pendingTimers(): number {
    return this.#waiting.size
  }

  /** Milliseconds until the next timer, or undefined when none is set. */
  nextDelayMs(): number | undefined {
    const next = this.#next()
    return next && next.dueMs - this.#nowMs
  }

  /** Moves the clock on by durationMs, firing everything that falls due on the way. */
  advance(durationMs: number): void {
    const untilMs = this.#nowMs + durationMs
    for (let next = this.#next(); next && next.dueMs <= untilMs; next = this.#next()) {
      this.#waiting.delete(next)
      this.#nowMs = Math.max(this.#nowMs, next.dueMs)
      next.fire()
    }
    this.#nowMs = untilMs
  }

  #next(): Waiting | undefined {
    let first: Waiting | undefined
    for (const waiting of this.#waiting) {
      if (
        !first ||
        waiting.dueMs < first.dueMs ||
        (waiting.dueMs === first.dueMs && waiting.order < first.order)
      ) {
        first = waiting
      }
    }
    return first
  }
}
