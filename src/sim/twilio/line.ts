import type { Clock, Timer } from '../../lib/clock.ts'
import { type FrameFate, untouched } from '../caller/network.ts'
import type { CallerAct, CallerRunner } from '../caller/runner.ts'
import { BYTES_PER_MS, SILENCE } from '../caller/sounds.ts'
import { Recorder } from './recorder.ts'

/** Milliseconds of one frame on a line. */
export const FRAME_MS = 20

const FRAME_BYTES = FRAME_MS * BYTES_PER_MS
/** Frames made up for in one go when the process was late; the rest follows at once, after others had their turn. */
const MOST_FRAMES_AT_ONCE = 500

/** Something that the caller hears: it writes up to 160 bytes of µ-law into a frame of silence. */
export type SoundSource = { take(frame: Uint8Array, atMs: number): void }

/** Is given each frame that the caller says, and what the network does to it. The bytes are reused afterwards. */
export type SaidTap = (said: Uint8Array, fate: FrameFate, atMs: number) => void

/** Is given each key that the caller presses. */
export type KeyTap = (digit: string) => void

/** An act that is not part of the sound. */
export type LineAct = Exclude<CallerAct, { readonly kind: 'key' | 'network' }>

/**
 * The phone line of an answered call: every 20 ms of the clock, without drift, the caller hears a frame and says
 * one. All times are the nominal times of frames, so a late wake-up changes when work is done but not what is
 * recorded.
 */
export class Line {
  readonly #clock: Clock
  readonly #caller: Pick<CallerRunner, 'frame'>
  readonly #onAct: (act: LineAct) => void
  readonly #heard: Recorder
  readonly #said: Recorder
  readonly #heardFrame = new Uint8Array(FRAME_BYTES)
  readonly #saidFrame = new Uint8Array(FRAME_BYTES)
  readonly #saidTaps = new Set<SaidTap>()
  readonly #keyTaps = new Set<KeyTap>()
  #source: SoundSource | undefined
  #startMs: number | undefined
  #frames = 0
  #pumping = false
  #stopped = false
  #timer: Timer | undefined

  constructor(options: {
    readonly clock: Clock
    readonly caller: Pick<CallerRunner, 'frame'>
    /** How much of each side is kept. */
    readonly recordingMs: number
    readonly onAct: (act: LineAct) => void
  }) {
    this.#clock = options.clock
    this.#caller = options.caller
    this.#onAct = options.onAct
    this.#heard = new Recorder(options.recordingMs * BYTES_PER_MS)
    this.#said = new Recorder(options.recordingMs * BYTES_PER_MS)
  }

  /**
   * Starts the line; further calls do nothing. Whoever answered can still attach before the first frame.
   * @param atMs clock time of the answer, at which the first frame begins
   */
  start(atMs = this.#clock.nowMs()): void {
    if (this.#startMs !== undefined || this.#stopped) return
    this.#startMs = atMs
    this.#timer = this.#clock.setTimer(0, () => this.catchUp())
  }

  /** Ends the line for good. */
  stop(): void {
    this.#stopped = true
    this.#timer?.cancel()
    this.#source = undefined
    this.#saidTaps.clear()
    this.#keyTaps.clear()
  }

  /** Runs every frame that is due by now; call it before acting on anything that came from outside. */
  catchUp(): void {
    // A frame may cause something outside that answers at once; it must not start a frame within a frame.
    if (this.#pumping || this.#stopped || this.#startMs === undefined) return
    this.#pumping = true
    try {
      for (let count = 0; count < MOST_FRAMES_AT_ONCE && !this.#stopped; count++) {
        if (this.#nextMs() > this.#clock.nowMs()) break
        this.#frame(this.#nextMs())
        this.#frames++
      }
    } finally {
      this.#pumping = false
    }
    this.#timer?.cancel()
    if (this.#stopped) return
    const delayMs = Math.max(0, Math.ceil(this.#nextMs() - this.#clock.nowMs()))
    this.#timer = this.#clock.setTimer(delayMs, () => this.catchUp())
  }

  /** Lets the caller hear a source instead of the one before; undefined is silence. */
  listenTo(source: SoundSource | undefined): void {
    if (!this.#stopped) this.#source = source
  }

  /** Plays a sound to the caller; resolves when it was heard to its end, or cut off by the signal. */
  play(sound: Uint8Array, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    let at = 0
    const source: SoundSource = {
      take: (frame) => {
        const piece = sound.subarray(at, at + frame.length)
        frame.set(piece)
        at += piece.length
        if (piece.length === 0) done()
      },
    }
    const done = (): void => {
      if (this.#source === source) this.#source = undefined
      signal.removeEventListener('abort', done)
      resolve()
    }
    signal.addEventListener('abort', done)
    if (signal.aborted || this.#stopped) done()
    else this.listenTo(source)
    return promise
  }

  /** Hands each frame that is said to the tap until disposed. */
  tapSaid(tap: SaidTap): Disposable {
    this.#saidTaps.add(tap)
    return { [Symbol.dispose]: () => void this.#saidTaps.delete(tap) }
  }

  /** Hands each key that is pressed to the tap until disposed. */
  tapKeys(tap: KeyTap): Disposable {
    this.#keyTaps.add(tap)
    return { [Symbol.dispose]: () => void this.#keyTaps.delete(tap) }
  }

  /** What both sides sounded like from the answer on, frame beside frame; and what did not fit. */
  recording(): {
    heardUlaw: Uint8Array
    saidUlaw: Uint8Array
    missedMs: number
    startMs: number | undefined
  } {
    return {
      heardUlaw: this.#heard.bytes(),
      saidUlaw: this.#said.bytes(),
      missedMs: this.#heard.missedBytes / BYTES_PER_MS,
      startMs: this.#startMs,
    }
  }

  #nextMs(): number {
    return (this.#startMs ?? 0) + this.#frames * FRAME_MS
  }

  #frame(atMs: number): void {
    this.#heardFrame.fill(SILENCE)
    this.#source?.take(this.#heardFrame, atMs)
    this.#heard.write(this.#heardFrame)
    const acts = this.#caller.frame(this.#heardFrame, this.#saidFrame)
    this.#said.write(this.#saidFrame)
    const fate = acts.find((act) => act.kind === 'network')?.fate ?? untouched
    for (const tap of this.#saidTaps) tap(this.#saidFrame, fate, atMs)
    for (const act of acts) {
      if (act.kind === 'key') for (const tap of this.#keyTaps) tap(act.digit)
      else if (act.kind !== 'network') this.#onAct(act)
    }
  }
}
