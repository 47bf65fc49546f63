import type { Metrics } from '../ports/metrics.ts'

/** One media socket's place among those that may exist at a time. */
export type SocketSlot = {
  /** Its stream has started. */
  started(): void
  /** The socket is gone. May be called again. */
  release(): void
}

/** Counts media sockets against their two limits and shows them as gauges. */
export class SocketSlots {
  readonly #maxPending: number
  readonly #maxTotal: number
  readonly #metrics: Metrics
  #pending = 0
  #live = 0

  constructor(options: {
    readonly maxPending: number
    readonly maxTotal: number
    readonly metrics: Metrics
  }) {
    this.#maxPending = options.maxPending
    this.#maxTotal = options.maxTotal
    this.#metrics = options.metrics
  }

  /** @returns undefined when either limit is reached */
  take(): SocketSlot | undefined {
    if (this.#pending >= this.#maxPending || this.#pending + this.#live >= this.#maxTotal) return undefined
    let state: 'pending' | 'live' | 'released' = 'pending'
    this.#move(1, 0)
    return {
      started: () => {
        if (state !== 'pending') return
        state = 'live'
        this.#move(-1, 1)
      },
      release: () => {
        if (state === 'released') return
        if (state === 'pending') this.#move(-1, 0)
        else this.#move(0, -1)
        state = 'released'
      },
    }
  }

  #move(pending: number, live: number): void {
    this.#pending += pending
    this.#live += live
    this.#metrics.gauge('media_sockets_pending', this.#pending)
    this.#metrics.gauge('media_sockets_live', this.#live)
  }
}
