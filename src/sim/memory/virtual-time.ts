import { setImmediate as turnOfTheLoop } from 'node:timers/promises'
import type { VirtualClock } from '../../lib/virtual-clock.ts'
import type { MemoryNetwork } from './memory-network.ts'

/** So often the event loop has its turn, for what is not on the virtual clock: files, signals, writes in batches. */
const TIMERS_PER_TURN = 16
/** Without a timer, something outside the virtual clock is waited for so many turns of the loop: files being read. */
const MOST_IDLE_TURNS = 20_000

/** Nothing can happen any more, and what was waited for has not. */
export class VirtualTimeError extends Error {
  readonly code = 'ERR_VIRTUAL_TIME'
}

/**
 * Lets time pass on a virtual clock: one timer fires, everything that follows from it happens, then the next. It only
 * moves while somebody waits for something.
 */
export class VirtualTime {
  readonly #clock: VirtualClock
  readonly #network: MemoryNetwork
  #waiting = 0
  #fired = 0
  #passing: Promise<void> | undefined

  constructor(clock: VirtualClock, network: MemoryNetwork) {
    this.#clock = clock
    this.#network = network
  }

  /**
   * Lets time pass until a promise is settled.
   * @returns what the promise answers
   * @throws VirtualTimeError when it can no longer be settled by anything that waits
   */
  async until<T>(promise: PromiseLike<T>): Promise<T> {
    this.#waiting++
    const settled = promise.then(
      () => this.#waiting--,
      () => this.#waiting--,
    )
    this.#passing ??= this.#pass()
    await Promise.race([settled, this.#passing])
    return await promise
  }

  /** Lets so many milliseconds pass, and everything happen that is due by then. */
  async pass(durationMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#clock.setTimer(durationMs, resolve)
    await this.until(promise)
  }

  async #pass(): Promise<void> {
    try {
      for (let idleTurns = 0; this.#waiting > 0;) {
        await this.#settle()
        if (this.#waiting === 0) return
        if (this.#clock.fireNext()) {
          idleTurns = 0
          if (++this.#fired % TIMERS_PER_TURN === 0) await turnOfTheLoop()
          continue
        }
        if (++idleTurns > MOST_IDLE_TURNS)
          throw new VirtualTimeError('Cannot go on: nothing is left to happen')
        await turnOfTheLoop()
      }
    } finally {
      this.#passing = undefined
    }
  }

  /**
   * Everything that was set off happens: promises, ticks, and what travels without delay. Ticks that set off ticks are
   * only known to be over when the loop has turned, which is worth its price while a server works on a request.
   */
  async #settle(): Promise<void> {
    for (let seen = -1; seen !== this.#network.posts();) {
      seen = this.#network.posts()
      await tick()
      if (this.#network.isWorking()) await turnOfTheLoop()
      else await tick()
    }
  }
}

/** Resolves when every promise that can go on has done so. */
function tick(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  process.nextTick(resolve)
  return promise
}
