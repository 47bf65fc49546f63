import type { Random } from './random.ts'
import type { CallerStep } from './script.ts'

const FRAME_MS = 20

/** What the network does to a frame on its way, and to what comes back meanwhile. */
export type FrameFate = {
  /** It never leaves the carrier. */
  readonly lost: boolean
  /** It and all behind it wait, and go out in order together with the next that is not held. */
  readonly held: boolean
  /** It goes out behind the next one. */
  readonly swapped: boolean
  /** It goes out twice. */
  readonly repeated: boolean
  /** Marks that come back now come back twice. */
  readonly marksRepeated: boolean
  /** How far the timestamps have jumped so far, in milliseconds. */
  readonly clockMs: number
}

/** What usually happens to a frame: nothing. */
export const untouched: FrameFate = {
  lost: false,
  held: false,
  swapped: false,
  repeated: false,
  marksRepeated: false,
  clockMs: 0,
}

/** A step that spoils the frames after it for a time, while other steps run. */
export type Spell = Extract<CallerStep, { readonly do: (typeof spellKinds)[number] }>

const spellKinds = ['jitter', 'randomLoss', 'swapMedia', 'repeatMedia', 'repeatMarks', 'jumpClock'] as const

/** The network between a caller and Twilio, frame by frame; it reads no clock, so it does the same on every one. */
export class CallerNetwork {
  readonly #random: Random
  readonly #leftMs = new Map<Exclude<Spell['do'], 'jumpClock'>, number>()
  #lossShare = 0
  #mostHeldFrames = 0
  /** Frames until the bunch that is held goes out. */
  #heldFrames = 0
  #behind = false
  #clockMs = 0

  constructor(random: Random) {
    this.#random = random
  }

  /** Begins a spell; one of the same kind that still lasts is replaced. */
  begin(spell: Spell): void {
    if (spell.do === 'jumpClock') {
      this.#clockMs += spell.byMs
      return
    }
    this.#leftMs.set(spell.do, spell.ms)
    if (spell.do === 'jitter') this.#mostHeldFrames = Math.max(1, Math.floor(spell.upToMs / FRAME_MS))
    if (spell.do === 'randomLoss') this.#lossShare = spell.share
  }

  /** The fate of the next frame. */
  next(): FrameFate {
    if (this.#leftMs.size === 0 && this.#clockMs === 0) return untouched
    const fate = {
      lost: this.#lasts('randomLoss') && this.#random.next() < this.#lossShare,
      held: this.#lasts('jitter') && this.#holds(),
      swapped: this.#lasts('swapMedia') && this.#swaps(),
      repeated: this.#lasts('repeatMedia'),
      marksRepeated: this.#lasts('repeatMarks'),
      clockMs: this.#clockMs,
    }
    for (const [kind, leftMs] of this.#leftMs) {
      if (leftMs > FRAME_MS) this.#leftMs.set(kind, leftMs - FRAME_MS)
      else this.#leftMs.delete(kind)
    }
    return fate
  }

  #lasts(kind: Exclude<Spell['do'], 'jumpClock'>): boolean {
    return this.#leftMs.has(kind)
  }

  /** Bunches of random length, one frame between two of them. */
  #holds(): boolean {
    if (this.#heldFrames === 0) this.#heldFrames = 1 + this.#random.whole(this.#mostHeldFrames + 1)
    this.#heldFrames--
    return this.#heldFrames > 0
  }

  /** Every other frame. */
  #swaps(): boolean {
    this.#behind = !this.#behind
    return this.#behind
  }
}
