import type { Clock, Timer } from './clock.ts'

type Waiting = {
  readonly dueMs: number
  readonly order: number
  readonly fire: () => void
  /** Place in the heap; -1 when it has fired or was taken back. */
  index: number
}

/** Times are whole multiples of this, so that sums of them are exact however late it has become. */
const STEPS_PER_MS = 1_024

/**
 * A clock that stands still until it is told to move. Timers fire in order of their due time, then of their
 * setting, and each sees the clock at its own due time. It counts in steps of 1/1024 ms: the same things happen at
 * the same distances whether they begin at 0 or after a week.
 */
export class VirtualClock implements Clock {
  #nowMs = 0
  #order = 0
  readonly #startWallMs: number
  /** A binary heap, the timer that is due first at its root: thousands are set at once. */
  readonly #heap: Waiting[] = []

  /** @param startWallMs Unix milliseconds at which the clock starts */
  constructor(startWallMs = Date.UTC(2026, 10, 20, 9)) {
    this.#startWallMs = startWallMs
  }

  nowMs(): number {
    return this.#nowMs
  }

  wallMs(): number {
    return this.#startWallMs + this.#nowMs
  }

  setTimer(delayMs: number, fire: () => void): Timer {
    const dueMs = Math.round((this.#nowMs + Math.max(0, delayMs)) * STEPS_PER_MS) / STEPS_PER_MS
    const waiting = { dueMs, order: this.#order++, fire, index: this.#heap.length }
    this.#heap.push(waiting)
    this.#rise(waiting)
    return { cancel: () => this.#remove(waiting) }
  }

  /** How many timers are set: a leak check for tests. */
  pendingTimers(): number {
    return this.#heap.length
  }

  /** Milliseconds until the next timer, or undefined when none is set. */
  nextDelayMs(): number | undefined {
    const [next] = this.#heap
    return next && next.dueMs - this.#nowMs
  }

  /** Moves the clock on to the next timer and fires that one alone. @returns false when none is set */
  fireNext(): boolean {
    const [next] = this.#heap
    if (!next) return false
    this.#fire(next)
    return true
  }

  /** Moves the clock on by durationMs, firing everything that falls due on the way. */
  advance(durationMs: number): void {
    const untilMs = this.#nowMs + durationMs
    for (let [next] = this.#heap; next && next.dueMs <= untilMs; [next] = this.#heap) this.#fire(next)
    this.#nowMs = untilMs
  }

  #fire(next: Waiting): void {
    this.#remove(next)
    this.#nowMs = Math.max(this.#nowMs, next.dueMs)
    next.fire()
  }

  #remove(waiting: Waiting): void {
    const { index } = waiting
    if (index < 0) return
    waiting.index = -1
    const last = this.#heap.pop()
    if (!last || last === waiting) return
    this.#place(last, index)
    this.#rise(last)
    this.#sink(last)
  }

  #rise(waiting: Waiting): void {
    for (let index = waiting.index; index > 0;) {
      const parentIndex = (index - 1) >> 1
      const parent = this.#heap[parentIndex]
      if (!parent || isBefore(parent, waiting)) return
      this.#place(parent, index)
      this.#place(waiting, parentIndex)
      index = parentIndex
    }
  }

  #sink(waiting: Waiting): void {
    for (let index = waiting.index; ;) {
      const left = this.#heap[2 * index + 1]
      const right = this.#heap[2 * index + 2]
      const first = left && right && isBefore(right, left) ? right : left
      if (!first || isBefore(waiting, first)) return
      const { index: below } = first
      this.#place(first, index)
      this.#place(waiting, below)
      index = below
    }
  }

  #place(waiting: Waiting, index: number): void {
    this.#heap[index] = waiting
    waiting.index = index
  }
}

function isBefore(one: Waiting, other: Waiting): boolean {
  return one.dueMs < other.dueMs || (one.dueMs === other.dueMs && one.order < other.order)
}
