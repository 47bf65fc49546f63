/** Messages and signs of life in one second, many times more than a session has use for: a busy one sends a hundred. */
const MESSAGES_A_SECOND = 4_000
/** Messages that cannot be read, in the life of a session: one may be a whim, this many are another protocol. */
const UNREADABLE = 20

/** What a session may send before it is ended: a provider gone wild must not hold the calls beside it up. */
export class MessageBudget {
  #secondBeganAtMs = -Infinity
  #inSecond = 0
  #unreadable = 0

  /** Counts a message. @returns false when it is one too many for its second */
  take(nowMs: number): boolean {
    if (nowMs - this.#secondBeganAtMs >= 1_000) {
      this.#secondBeganAtMs = nowMs
      this.#inSecond = 0
    }
    return ++this.#inSecond <= MESSAGES_A_SECOND
  }

  /** Counts a message that cannot be read. @returns false when it is one too many */
  takeUnreadable(): boolean {
    return ++this.#unreadable <= UNREADABLE
  }
}
