import type { Clock, Timer } from '../lib/clock.ts'

/** Bounds the calls that we have placed and that are not over yet, as far as this process placed them. */
export class OutboundSlots {
  readonly #clock: Clock
  readonly #maxCalls: number
  readonly #longestMs: number
  readonly #taken = new Map<string, Timer>()

  /** @param options.longestMs a call of which nothing was heard for so long is over */
  constructor(options: { readonly clock: Clock; readonly maxCalls: number; readonly longestMs: number }) {
    this.#clock = options.clock
    this.#maxCalls = options.maxCalls
    this.#longestMs = options.longestMs
  }

  /** @returns false when there are as many calls as there may be */
  take(ref: string): boolean {
    if (this.#taken.has(ref)) return true
    if (this.#taken.size >= this.#maxCalls) return false
    this.#taken.set(
      ref,
      this.#clock.setTimer(this.#longestMs, () => this.free(ref)),
    )
    return true
  }

  /** A call is over, or never was. */
  free(ref: string): void {
    this.#taken.get(ref)?.cancel()
    this.#taken.delete(ref)
  }
}
