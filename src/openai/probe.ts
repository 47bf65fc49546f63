import type { Clock, Timer } from '../lib/clock.ts'
import type { NumberedEvent } from './client-codec.ts'

/** An engine that says nothing at all for so long after it was asked for an answer is not there. */
const DEADLINE_MS = 2_000

/**
 * Asks the engine behind a connection whether it is there, by an update that changes nothing: the answer comes from the
 * engine itself, where a pong comes from whatever holds the connection. The engine works on events in their order, so
 * by then it has taken in all that was appended before. While anything else comes, the answer is waited for.
 */
export class Probe {
  readonly #clock: Clock
  readonly #onAnswer: (atMs: number) => void
  readonly #onSilence: () => void
  #timer: Timer | undefined
  #count = 0
  #saidAnything = false

  constructor(options: { clock: Clock; onAnswer: (atMs: number) => void; onSilence: () => void }) {
    this.#clock = options.clock
    this.#onAnswer = options.onAnswer
    this.#onSilence = options.onSilence
  }

  /** @param send puts the question on the wire; not called while one waits for its answer */
  ask(send: (event: NumberedEvent) => void): void {
    if (this.#timer) return
    this.#wait()
    send({ type: 'session.update', event_id: `probe_${++this.#count}`, session: { type: 'realtime' } })
  }

  /** The engine has said something, whatever it was. */
  onMessage(): void {
    this.#saidAnything = true
  }

  /** The engine has told how the session stands after an update, or refused it. */
  onAnswered(): void {
    if (!this.#timer) return
    this.stop()
    this.#onAnswer(this.#clock.nowMs())
  }

  /** Waits for nothing any more. */
  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #wait(): void {
    this.#saidAnything = false
    this.#timer = this.#clock.setTimer(DEADLINE_MS, () => {
      if (this.#saidAnything) return this.#wait()
      this.#timer = undefined
      this.#onSilence()
    })
  }
}
