import type { Clock, Timer } from '../lib/clock.ts'
import type { TimerName } from './event.ts'

/** The timers of one call, one of each name. */
export class NamedTimers {
  readonly #clock: Clock
  readonly #fire: (name: TimerName) => void
  readonly #running = new Map<TimerName, Timer>()

  constructor(clock: Clock, fire: (name: TimerName) => void) {
    this.#clock = clock
    this.#fire = fire
  }

  /** Sets a timer; one of the same name that is still running is replaced. */
  set(name: TimerName, delayMs: number): void {
    this.cancel(name)
    const timer = this.#clock.setTimer(delayMs, () => {
      this.#running.delete(name)
      this.#fire(name)
    })
    this.#running.set(name, timer)
  }

  cancel(name: TimerName): void {
    this.#running.get(name)?.cancel()
    this.#running.delete(name)
  }

  cancelAll(): void {
    for (const timer of this.#running.values()) timer.cancel()
    this.#running.clear()
  }
}
