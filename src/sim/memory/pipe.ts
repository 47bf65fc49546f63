import type { Clock, Timer } from '../../lib/clock.ts'
import type { HttpAnswer } from './response-reader.ts'

/** What everything in a network in memory works with. */
export type Medium = {
  readonly clock: Clock
  /** Does something at this time of the clock, but not before whoever asks has finished; in the order of asking. */
  post(work: () => void): void
}

/** What travels between the two ends of a websocket. */
export type Parcel =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'refused'; readonly answer: HttpAnswer }
  | { readonly kind: 'message'; readonly data: string | Buffer; readonly isBinary: boolean }
  | { readonly kind: 'ping' | 'pong'; readonly data: Buffer }
  | { readonly kind: 'close'; readonly code: number; readonly reason: Buffer }
  /** The other end sends nothing any more. */
  | { readonly kind: 'end' }

/** A receiver that leaves more than this unread gets nothing further: its connection is as good as gone. */
const MAX_UNREAD_BYTES = 64 * 1024 * 1024

/** One direction of a connection: everything arrives in order, each thing delayMs after it was sent. */
export class Pipe {
  /** How long everything sent from now on is under way, in milliseconds of the clock. */
  delayMs = 0
  readonly #medium: Medium
  readonly #receive: (parcel: Parcel) => void
  readonly #deliver = (): void => this.#onDue()
  readonly #queue: { readonly parcel: Parcel; readonly dueMs: number }[] = []
  #unreadBytes = 0
  #timer: Timer | undefined
  #isPosted = false
  #isPaused = false
  #isBroken = false

  constructor(medium: Medium, receive: (parcel: Parcel) => void) {
    this.#medium = medium
    this.#receive = receive
  }

  send(parcel: Parcel): void {
    if (this.#isBroken) return
    this.#unreadBytes += bytesOf(parcel)
    if (this.#unreadBytes > MAX_UNREAD_BYTES) return this.break()
    this.#queue.push({ parcel, dueMs: this.#medium.clock.nowMs() + this.delayMs })
    this.#schedule()
  }

  /** Bytes that a receiver leaves unread; 0 while it reads, however long the way is. */
  unreadBytes(): number {
    return this.#isPaused ? this.#unreadBytes : 0
  }

  /** The receiver stops reading. */
  pause(): void {
    this.#isPaused = true
    this.#timer?.cancel()
    this.#timer = undefined
  }

  resume(): void {
    this.#isPaused = false
    this.#schedule()
  }

  /** Nothing arrives any more: neither what is under way nor what is sent later. */
  break(): void {
    this.#isBroken = true
    this.#queue.length = 0
    this.#unreadBytes = 0
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #schedule(): void {
    const [first] = this.#queue
    if (!first || this.#isPaused || this.#isPosted || this.#timer) return
    const leftMs = first.dueMs - this.#medium.clock.nowMs()
    if (leftMs > 0) {
      this.#timer = this.#medium.clock.setTimer(leftMs, this.#deliver)
      return
    }
    this.#isPosted = true
    this.#medium.post(this.#deliver)
  }

  #onDue(): void {
    this.#isPosted = false
    this.#timer = undefined
    const nowMs = this.#medium.clock.nowMs()
    for (let [first] = this.#queue; first && first.dueMs <= nowMs && !this.#isPaused; [first] = this.#queue) {
      this.#queue.shift()
      this.#unreadBytes -= bytesOf(first.parcel)
      this.#receive(first.parcel)
    }
    this.#schedule()
  }
}

function bytesOf(parcel: Parcel): number {
  return parcel.kind === 'message' ? parcel.data.length : 0
}
