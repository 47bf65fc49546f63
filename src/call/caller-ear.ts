import { ULAW_BYTES_PER_MS } from '../audio/frame.ts'
import { loudShare } from './loudness.ts'

/** A frame is loud when a quarter of its samples are above 396 of 32768: noise of −40 dBFS, and most voices. */
const LOUD_SHARE = 0.25
/** Every fourth sample tells as much of a frame as all of them. */
const loud = { fromMagnitude: 0x20, stride: 4 }
/** So much sound is no click any more; the shortest sound of a key is longer. */
const ONSET_MS = 60
/** A pause of this length ends a turn; a model that listens has told of its end before. */
const PAUSE_MS = 800
/** Whoever makes a sound for so long is asked about before they pause. */
const LONGEST_MS = 10_000

/** What an ear has found: the caller has begun to make a sound, or has paused after one. */
export type Found = 'began' | 'paused'

/**
 * A coarse ear of our own, by level alone. It decides nothing: it only finds where a model that hears the caller would
 * have said so, so that one that does not can be asked. What it takes for a voice may be a noise.
 */
export class CallerEar {
  #loudMs = 0
  #quietMs = 0
  /** Audio since the first loud frame of what is being heard. */
  #spanMs = 0
  /** Loud audio since the last report. */
  #soundMs = 0
  #voiced = false

  /** @param ulaw the caller's audio, as long as it happens to be */
  hear(ulaw: Uint8Array): Found | undefined {
    const durationMs = ulaw.length / ULAW_BYTES_PER_MS
    if (this.#loudMs > 0) this.#spanMs += durationMs
    if (loudShare(ulaw, loud) > LOUD_SHARE) return this.#onLoud(durationMs)
    this.#quietMs += durationMs
    if (this.#quietMs < PAUSE_MS) return undefined
    const paused = this.#voiced
    this.#loudMs = 0
    this.#spanMs = 0
    this.#voiced = false
    return paused ? 'paused' : undefined
  }

  /** How long ago, in milliseconds of audio, that began which is being heard. */
  spanMs(): number {
    return this.#spanMs
  }

  /** Whether the caller makes a sound, or has not paused after one yet. */
  isVoiced(): boolean {
    return this.#voiced
  }

  #onLoud(durationMs: number): Found | undefined {
    this.#quietMs = 0
    this.#loudMs += durationMs
    this.#soundMs += durationMs
    if (!this.#voiced) {
      if (this.#loudMs < ONSET_MS) return undefined
      this.#voiced = true
      this.#soundMs = 0
      return 'began'
    }
    if (this.#soundMs < LONGEST_MS) return undefined
    this.#soundMs = 0
    return 'paused'
  }
}
