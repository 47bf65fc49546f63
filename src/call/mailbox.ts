/**
 * The one door of a call: events are handled one after another in the order they arrived, and an event that comes
 * about while another is handled waits for its turn, so that the handler never re-enters itself.
 */
export class Mailbox<Event> {
  readonly #capacity: number
  readonly #handle: (event: Event) => void
  readonly #onFull: () => void
  #waiting: Event[] = []
  #handling = false
  #closed = false

  /**
   * @param options.capacity how many events may wait
   * @param options.onFull called once when an event found no room; the mailbox is closed then, because a call whose
   * events get lost can no longer be trusted
   */
  constructor(options: { capacity: number; handle: (event: Event) => void; onFull: () => void }) {
    this.#capacity = options.capacity
    this.#handle = options.handle
    this.#onFull = options.onFull
  }

  /** Hands over an event; it has been handled when this returns, unless another one is being handled right now. */
  post(event: Event): void {
    if (this.#closed) return
    if (this.#waiting.length >= this.#capacity) {
      this.close()
      this.#onFull()
      return
    }
    this.#waiting.push(event)
    if (!this.#handling) this.#drain()
  }

  /** Drops what waits; nothing is handled any more. */
  close(): void {
    this.#closed = true
    this.#waiting = []
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
