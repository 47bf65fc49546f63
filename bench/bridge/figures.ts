/** What is measured in one window, as it goes from the load to whoever reports it. Times in milliseconds. */
export type Measured = {
  /** From a frame's leaving the phone to its arrival at the model. */
  readonly upMs: readonly number[]
  /** From a delta's leaving the model to the arrival of its first sound at the phone. */
  readonly downMs: readonly number[]
  /** The same of the first delta of each reply. */
  readonly firstDeltaMs: readonly number[]
  /** From `speech_started` to `clear`, or, of the pass-through, to its arrival at the phone. */
  readonly bargeInMs: readonly number[]
  /** How far the model was told wrong about what was heard. */
  readonly truncationMs: readonly number[]
  /** How late the load itself was with its frames. */
  readonly lateMs: readonly number[]
  /** What the model refused, and what neither side would have expected, with how often. */
  readonly refused: Readonly<Record<string, number>>
  readonly unexpected: Readonly<Record<string, number>>
}

/** Collects what is measured while a window is open; outside of it, only what must not happen. */
export class Figures {
  readonly upMs: number[] = []
  readonly downMs: number[] = []
  readonly firstDeltaMs: number[] = []
  readonly bargeInMs: number[] = []
  readonly truncationMs: number[] = []
  readonly lateMs: number[] = []
  readonly #refused: Record<string, number> = {}
  readonly #unexpected: Record<string, number> = {}
  #isOpen = false

  open(): void {
    this.#isOpen = true
  }

  close(): void {
    this.#isOpen = false
  }

  add(kind: 'upMs' | 'downMs' | 'firstDeltaMs' | 'bargeInMs' | 'truncationMs' | 'lateMs', ms: number): void {
    if (this.#isOpen) this[kind].push(ms)
  }

  refused(what: string): void {
    this.#refused[what] = (this.#refused[what] ?? 0) + 1
  }

  unexpected(what: string): void {
    this.#unexpected[what] = (this.#unexpected[what] ?? 0) + 1
  }

  measured(): Measured {
    const { upMs, downMs, firstDeltaMs, bargeInMs, truncationMs, lateMs } = this
    const counted = { refused: this.#refused, unexpected: this.#unexpected }
    return { upMs, downMs, firstDeltaMs, bargeInMs, truncationMs, lateMs, ...counted }
  }
}
