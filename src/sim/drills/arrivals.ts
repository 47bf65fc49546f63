import { BYTES_PER_MS } from '../caller/sounds.ts'

/** A piece of audio that came to a telephone, and when it was heard there; clock times in milliseconds. */
export type Arrival = { readonly atMs: number; readonly heardAtMs: number }

/**
 * When a caller hears what comes to their telephone: one piece after another, each when those before it have been
 * played. What a clear throws away, or waits on a stream that another one replaces, is never heard.
 */
export class Arrivals {
  #streamSid = ''
  #freeAtMs = -Infinity
  #heard: Arrival[] = []

  /** Audio has come. */
  media(streamSid: string, atMs: number, bytes: number): void {
    if (streamSid !== this.#streamSid) {
      this.#dropAfter(atMs)
      this.#streamSid = streamSid
    }
    const heardAtMs = Math.max(atMs, this.#freeAtMs)
    this.#heard.push({ atMs, heardAtMs })
    this.#freeAtMs = heardAtMs + bytes / BYTES_PER_MS
  }

  /** What waits is thrown away. */
  clear(streamSid: string, atMs: number): void {
    if (streamSid === this.#streamSid) this.#dropAfter(atMs)
  }

  /** All that was heard, or will be if nothing more happens, in order. */
  heard(): readonly Arrival[] {
    return this.#heard
  }

  #dropAfter(atMs: number): void {
    this.#heard = this.#heard.filter(({ heardAtMs }) => heardAtMs <= atMs)
    this.#freeAtMs = Math.min(this.#freeAtMs, atMs)
  }
}
