import type { Clock } from '../lib/clock.ts'

/** So many sessions in a row that never came about, unless told otherwise, and the provider counts as down. */
const MAX_FAILURES = 5
/** For so long no new call tries; then one does, and the others wait for how it fares. */
const REST_MS = 15_000

/**
 * A breaker over all calls: when the speech provider is down, new calls are not made to find that out one by one. It
 * counts sessions that failed before they were ready; one that is ready proves that the provider is well.
 */
export class ModelHealth {
  readonly #clock: Clock
  readonly #maxFailures: number
  #failures = 0
  #retryAtMs = 0

  constructor(clock: Clock, maxFailures = MAX_FAILURES) {
    this.#clock = clock
    this.#maxFailures = maxFailures
  }

  /** A session was ready. */
  succeeded(): void {
    this.#failures = 0
  }

  /** A session was lost before it was ready. */
  failed(): void {
    if (++this.#failures >= this.#maxFailures) this.#retryAtMs = this.#clock.nowMs() + REST_MS
  }

  /** Whether the provider counts as down. Changes nothing. */
  isDown(): boolean {
    return this.#failures >= this.#maxFailures
  }

  /** Whether a new call would not try the provider now. Changes nothing. */
  isResting(): boolean {
    return this.isDown() && this.#clock.nowMs() < this.#retryAtMs
  }

  /** Whether a new call may try the provider: always when it is well, and one call in every rest when it is down. */
  mayTry(): boolean {
    if (!this.isDown()) return true
    const nowMs = this.#clock.nowMs()
    if (nowMs < this.#retryAtMs) return false
    this.#retryAtMs = nowMs + REST_MS
    return true
  }
}
