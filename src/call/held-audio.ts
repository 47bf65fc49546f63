import { ULAW_BYTES_PER_MS } from '../audio/frame.ts'

/**
 * Caller audio that waits for a session, in order, as µ-law. Bounded: when it is full the oldest audio goes, since the
 * last words matter most. Memory grows with what is held and is given back when it was taken.
 */
export class HeldAudio {
  readonly #maxBytes: number
  #chunks: Uint8Array[] = []
  #bytes = 0
  #droppedBytes = 0

  /** @param maxMs how much is kept, in milliseconds of audio */
  constructor(maxMs: number) {
    this.#maxBytes = Math.floor(maxMs * ULAW_BYTES_PER_MS)
  }

  /** Keeps a copy of the bytes; drops the oldest chunks beyond the bound. */
  push(ulaw: Uint8Array): void {
    // Not ulaw.slice(): of a Buffer that is a view, and the codec's buffer is written anew with every frame.
    this.#chunks.push(new Uint8Array(ulaw))
    this.#bytes += ulaw.length
    while (this.#bytes > this.#maxBytes) {
      const oldest = this.#chunks.shift()
      if (!oldest) break
      this.#bytes -= oldest.length
      this.#droppedBytes += oldest.length
    }
  }

  /** Everything held, oldest first; holds nothing afterwards. */
  take(): readonly Uint8Array[] {
    const chunks = this.#chunks
    this.#chunks = []
    this.#bytes = 0
    return chunks
  }

  heldMs(): number {
    return this.#bytes / ULAW_BYTES_PER_MS
  }

  /** Milliseconds dropped so far because the bound was reached. */
  droppedMs(): number {
    return this.#droppedBytes / ULAW_BYTES_PER_MS
  }
}
