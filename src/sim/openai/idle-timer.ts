import type { Timer } from '../../lib/clock.ts'
import type { SessionContext } from './session-context.ts'

/** Fires when nobody has said anything for a while after a response has played. */
export class IdleTimer {
  readonly #context: SessionContext
  readonly #onIdle: () => void
  #timer: Timer | undefined

  constructor(context: SessionContext, onIdle: () => void) {
    this.#context = context
    this.#onIdle = onIdle
  }

  /** @param playbackMs audio of the response that has just been generated: the wait begins once it has played */
  arm(playbackMs: number): void {
    this.disarm()
    const turns = this.#context.config().audio.input.turn_detection
    const idleMs = turns?.type === 'server_vad' ? turns.idle_timeout_ms : null
    if (typeof idleMs === 'number') this.#timer = this.#context.after(playbackMs + idleMs, this.#onIdle)
  }

  disarm(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }
}
