import { sharedTickWithin } from '../lib/clock.ts'
import type { Clock, Timer } from '../lib/clock.ts'

/** After so much silence of the socket an open turn of the caller needs padding. */
const PAUSE_MS = 750

/**
 * Watches for a stream that has stopped sending media. A frame only stores the time; one timer looks at it when it
 * is due, since setting a timer fifty times a second and call would cost more than the rest of the path.
 */
export class SilenceWatch {
  readonly #clock: Clock
  readonly #endMs: number
  readonly #onPause: (silentMs: number) => void
  readonly #onEnd: () => void
  #heardAtMs = 0
  #isPaused = false
  #timer: Timer | undefined

  /** onPause comes once in every gap, at 750 ms; onEnd once, after which the watch has stopped. */
  constructor(options: {
    readonly clock: Clock
    readonly endMs: number
    readonly onPause: (silentMs: number) => void
    readonly onEnd: () => void
  }) {
    this.#clock = options.clock
    this.#endMs = options.endMs
    this.#onPause = options.onPause
    this.#onEnd = options.onEnd
  }

  start(): void {
    this.#heardAtMs = Math.ceil(this.#clock.nowMs())
    this.#wait(Math.min(PAUSE_MS, this.#endMs))
  }

  /** Media came at atMs. Does nothing unless the watch runs. */
  heard(atMs: number): void {
    // Whole milliseconds stand in the object itself, others in memory of their own; up, so that nothing ends early.
    this.#heardAtMs = Math.ceil(atMs)
    if (!this.#isPaused) return
    this.#isPaused = false
    this.#wait(Math.min(PAUSE_MS, this.#endMs))
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#isPaused = false
  }

  #wait(delayMs: number): void {
    this.#timer?.cancel()
    // A look that comes early finds what is left; nearly always it finds that media flows.
    const lookInMs = sharedTickWithin(this.#clock.nowMs(), delayMs)
    this.#timer = this.#clock.setTimer(lookInMs, () => this.#look())
  }

  #look(): void {
    const silentMs = this.#clock.nowMs() - this.#heardAtMs
    if (silentMs >= this.#endMs) {
      this.stop()
      this.#onEnd()
      return
    }
    if (!this.#isPaused && silentMs >= PAUSE_MS) {
      this.#isPaused = true
      this.#wait(this.#endMs - silentMs)
      this.#onPause(silentMs)
      return
    }
    this.#wait((this.#isPaused ? this.#endMs : Math.min(PAUSE_MS, this.#endMs)) - silentMs)
  }
}
