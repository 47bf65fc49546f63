/** Keeps the first so many bytes of a sound, growing as it goes; what comes after is counted and not kept. */
export class Recorder {
  readonly #maxBytes: number
  #buffer = new Uint8Array(16_384)
  #bytes = 0
  /** Bytes that came after the recorder was full. */
  missedBytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Adds bytes. */
  write(bytes: Uint8Array): void {
    const kept = bytes.subarray(0, Math.max(0, this.#maxBytes - this.#bytes))
    this.missedBytes += bytes.length - kept.length
    if (this.#bytes + kept.length > this.#buffer.length) {
      const larger = new Uint8Array(
        Math.min(this.#maxBytes, Math.max(this.#buffer.length * 2, this.#bytes + kept.length)),
      )
      larger.set(this.#buffer.subarray(0, this.#bytes))
      this.#buffer = larger
    }
    this.#buffer.set(kept, this.#bytes)
    this.#bytes += kept.length
  }

  /** A copy of what was kept. */
  bytes(): Uint8Array {
    return this.#buffer.slice(0, this.#bytes)
  }
}
