/**
 * The one door of a call: events are handled one after another in the order they arrived, and an event that comes
 * about while another is handled waits for its turn, so that the handler never re-enters itself.
 */
export class Mailbox<Event> {
  readonly #capacity: number
  readonly #handle: (event: Event) => void
  readonly #onFull: () => void
  readonly #join: (held: Event | undefined, event: Event) => Event | undefined
  /** Waits for the next event, which it is handled before. */
  #held: Event | undefined
  #waiting: Event[] = []
  #handling = false
  #closed = false

  /**
   * @param options.capacity how many events may wait
   * @param options.onFull called once when an event found no room; the mailbox is closed then, because a call whose
   * events get lost can no longer be trusted
   * @param options.join makes one event of those that nobody waits for: what it answers is held back until another one
   * comes. It is given the event that is held already, if there is one; undefined means that this one goes as it is
   */
  constructor(options: {
    capacity: number
    handle: (event: Event) => void
    onFull: () => void
    join?: (held: Event | undefined, event: Event) => Event | undefined
  }) {
    this.#capacity = options.capacity
    this.#join = options.join ?? (() => undefined)
    this.#handle = options.handle
    this.#onFull = options.onFull
  }

  /**
   * Hands over an event; it has been handled when this returns, unless another one is being handled right now, or it is
   * held back.
   */
  post(event: Event): void {
    if (this.#closed) return
    const held = this.#held
    this.#held = this.#join(held, event)
    if (this.#held !== undefined) return
    if (held !== undefined) this.#take(held)
    this.#take(event)
  }

  /** Whether an event is being handled right now, and so what comes of it is not known yet. */
  isHandling(): boolean {
    return this.#handling
  }

  /** Drops what waits; nothing is handled any more. */
  close(): void {
    this.#closed = true
    this.#waiting = []
    this.#held = undefined
  }

  #take(event: Event): void {
    if (this.#closed) return
    if (this.#waiting.length >= this.#capacity) {
      this.close()
      this.#onFull()
      return
    }
    this.#waiting.push(event)
    if (!this.#handling) this.#drain()
  }

  #drain(): void {
    this.#handling = true
    try {
      for (let event = this.#waiting.shift(); event !== undefined; event = this.#waiting.shift())
        this.#handle(event)
    } finally {
      this.#handling = false
    }
  }
}
