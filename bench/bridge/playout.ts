/** µ-law bytes in a millisecond. */
const BYTES_PER_MS = 8

/**
 * A caller's ear: plays what it is given, in order and in real time, without a jitter buffer, and knows at each moment
 * how much was heard. A mark is due when everything before it has been played.
 */
export class Playout {
  /** Bytes taken in, and of these the ones played when it was last looked at. */
  #takenBytes = 0
  #playedBytes = 0
  #lookedAtMs = 0
  #marks: { readonly name: string; readonly atBytes: number }[] = []

  takenBytes(): number {
    return this.#takenBytes
  }

  /** Bytes heard since the call began, up to now. */
  playedBytes(nowMs: number): number {
    const passedMs = nowMs - this.#lookedAtMs
    this.#lookedAtMs = nowMs
    this.#playedBytes = Math.min(this.#takenBytes, this.#playedBytes + passedMs * BYTES_PER_MS)
    return this.#playedBytes
  }

  take(bytes: number, nowMs: number): void {
    this.playedBytes(nowMs)
    this.#takenBytes += bytes
  }

  mark(name: string): void {
    this.#marks.push({ name, atBytes: this.#takenBytes })
  }

  /** Names of the marks that are due, in order. */
  dueMarks(nowMs: number): readonly string[] {
    const [first] = this.#marks
    if (first === undefined || this.playedBytes(nowMs) < first.atBytes) return []
    const due = this.#marks.findIndex(({ atBytes }) => atBytes > this.#playedBytes)
    return this.#marks.splice(0, due < 0 ? this.#marks.length : due).map(({ name }) => name)
  }

  /** True while something is being played, or waits to be. */
  sounds(nowMs: number): boolean {
    return this.playedBytes(nowMs) < this.#takenBytes
  }

  /**
   * Drops what has not been played; all marks are due at once.
   * @returns their names
   */
  clear(nowMs: number): readonly string[] {
    this.#takenBytes = this.playedBytes(nowMs)
    return this.#marks.splice(0).map(({ name }) => name)
  }
}
