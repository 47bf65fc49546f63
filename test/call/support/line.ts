import type { VirtualClock } from '../../../src/lib/virtual-clock.ts'
import type { MediaSink } from '../../../src/ports/telephony.ts'

type Queued = { readonly kind: 'audio'; bytes: number } | { readonly kind: 'mark'; readonly name: string }

/**
 * A telephone line on a virtual clock: plays what it is sent at 8 bytes a millisecond, gives marks back when
 * everything before them was played, and drops all of it on a clear. It knows what was truly heard.
 */
export class Line implements MediaSink {
  readonly streamSid = 'MZ0123456789abcdef0123456789abcdef'
  readonly #clock: VirtualClock
  readonly #onMark: (name: string) => void
  #queue: Queued[] = []
  playedBytes = 0
  clears = 0
  /** Messages that leave only when the work that goes on is done. */
  unflushed = 0
  closed: { code: number; reason: string } | undefined

  constructor(clock: VirtualClock, onMark: (name: string) => void) {
    this.#clock = clock
    this.#onMark = onMark
  }

  sendMedia(ulaw: Uint8Array): boolean {
    if (this.closed) return false
    this.#queue.push({ kind: 'audio', bytes: ulaw.length })
    this.unflushed++
    return true
  }

  sendMark(name: string): boolean {
    if (this.closed) return false
    this.#queue.push({ kind: 'mark', name })
    this.unflushed++
    this.#returnMarks()
    return true
  }

  flush(): void {
    this.unflushed = 0
  }

  clear(): boolean {
    this.clears++
    const marks = this.#queue.flatMap((one) => (one.kind === 'mark' ? [one.name] : []))
    this.#queue = []
    for (const name of marks) this.#onMark(name)
    return !this.closed
  }

  close(code: number, reason: string): void {
    this.closed = { code, reason }
  }

  bufferedBytes(): number {
    return 0
  }

  queuedBytes(): number {
    return this.#queue.reduce((sum, one) => sum + (one.kind === 'audio' ? one.bytes : 0), 0)
  }

  /** Lets time pass, a millisecond at a time. */
  play(durationMs: number): void {
    for (let elapsedMs = 0; elapsedMs < durationMs; elapsedMs++) {
      this.#clock.advance(1)
      this.#playBytes(8)
    }
  }

  #playBytes(count: number): void {
    let restBytes = count
    while (restBytes > 0) {
      const first = this.#queue[0]
      if (first?.kind !== 'audio') break
      const bytes = Math.min(restBytes, first.bytes)
      first.bytes -= bytes
      restBytes -= bytes
      this.playedBytes += bytes
      if (first.bytes === 0) this.#queue.shift()
      this.#returnMarks()
    }
  }

  #returnMarks(): void {
    for (let first = this.#queue[0]; first?.kind === 'mark'; first = this.#queue[0]) {
      this.#queue.shift()
      this.#onMark(first.name)
    }
  }
}
