import { type Clock, sharedTickMs, sharedTickWithin, type Timer } from '../lib/clock.ts'
import type { SpeechEvent } from '../ports/speech.ts'
import type { CallEvent } from './event.ts'

/** So much waits at most: what comes by the hundred is taken as it comes. */
const MAX_WAITING = 32

/** What the session in use tells while it lasts, and what its audio begins. */
export type Told =
  | Exclude<SpeechEvent, { kind: 'sessionReady' | 'sessionLost' }>
  | Extract<CallEvent, { kind: 'replySounding' }>

type Interruption = Extract<CallEvent, { kind: 'speechStarted' }>

/** The same as it is taken: an interruption with what had been heard by then. */
export type Taken = Exclude<Told, { kind: 'speechStarted' }> | Interruption

/** What need not overtake what waits already: the caller hears nothing of it. */
const followers: ReadonlySet<Told['kind']> = new Set([
  'replyStarted',
  'replyText',
  'replyAudioDone',
  'responseDone',
])

/** What became of an interruption. */
export type Silenced = { readonly event: Interruption; readonly isSilenced: boolean }

/** What is to be known of a call before anything may wait. */
export type Circumstances = {
  /** Where every word may count as an answer, nothing waits. */
  mayAnythingWait(): boolean
  /** Whether a response that begins will be heard, as far as the call knows by now. */
  isWanted(event: Extract<Told, { kind: 'responseStarted' }>): boolean
  /**
   * The caller begins to speak: silences what that interrupts.
   * @returns whether anything was to be silenced, and what had been heard of it
   */
  silence(event: Extract<Told, { kind: 'speechStarted' }>): Silenced
  /** Takes what was thrown while that was taken which had waited: no socket is there to end at. */
  onThrown(error: unknown): void
}

/**
 * What the model tells of a call, in its order. A sound or a silence that is on its way to the caller goes first: whoever
 * carries it on may have to wait for the processor until this process rests, and so what follows from it (the rest of an
 * interruption, records, numbers) is worked out some milliseconds later, together with what is due then anyway. No audio
 * passes that would have been kept back otherwise.
 */
export class SpeechInbox {
  readonly #clock: Clock
  readonly #call: Circumstances
  readonly #take: (event: Taken, isSilenced: boolean) => void
  #waiting: { readonly event: Taken; readonly isSilenced: boolean }[] = []
  #timer: Timer | undefined
  #isTaking = false
  /** Counts those that were listened to. */
  #session = 0

  /** @param options.take is given the events, and whether the silence that one orders is there already */
  constructor(options: {
    readonly clock: Clock
    readonly call: Circumstances
    readonly take: (event: Taken, isSilenced: boolean) => void
  }) {
    this.#clock = options.clock
    this.#call = options.call
    this.#take = options.take
  }

  /** Hands over an event; it has been taken when this returns, or it waits for a few milliseconds. */
  post(event: Told): void {
    if (event.kind === 'speechStarted') return this.#interrupt(event)
    if (this.#mayWait(event)) return this.#wait({ event, isSilenced: false })
    const session = this.#session
    this.settle()
    if (session === this.#session) this.#takeNow(event, false)
  }

  /** Takes what waits, before anything else is to happen. */
  settle(): void {
    if (this.#isTaking) return
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      this.#takeNow(next.event, next.isSilenced)
    }
  }

  /** The session is not listened to any more, and what it has told and nobody has taken is not told either. */
  clear(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#waiting = []
    this.#session += 1
  }

  #interrupt(event: Extract<Told, { kind: 'speechStarted' }>): void {
    const session = this.#session
    // What is interrupted, and how much of it was heard, is known only when nothing waits.
    this.settle()
    if (session !== this.#session) return
    const silenced = this.#call.silence(event)
    if (session !== this.#session) return
    if (silenced.isSilenced && this.#call.mayAnythingWait()) this.#wait(silenced)
    else this.#takeNow(silenced.event, silenced.isSilenced)
  }

  #mayWait(event: Exclude<Told, { kind: 'speechStarted' }>): boolean {
    const waiting = this.#waiting
    if (waiting.length >= MAX_WAITING || !this.#call.mayAnythingWait()) return false
    if (event.kind === 'replySounding') return true
    if (event.kind === 'callerTranscript') return event.final
    // Only what cannot change that it is wanted may stand before it.
    if (event.kind === 'responseStarted')
      return waiting.every((one) => one.event.kind === 'callerTranscript') && this.#call.isWanted(event)
    return waiting.length > 0 && followers.has(event.kind)
  }

  #wait(one: { readonly event: Taken; readonly isSilenced: boolean }): void {
    this.#waiting.push(one)
    this.#timer ??= this.#clock.setTimer(sharedTickWithin(this.#clock.nowMs(), sharedTickMs), () => {
      this.#timer = undefined
      try {
        this.settle()
      } catch (error) {
        this.#call.onThrown(error)
      }
    })
  }

  #takeNow(event: Taken, isSilenced: boolean): void {
    const wasTaking = this.#isTaking
    this.#isTaking = true
    try {
      this.#take(event, isSilenced)
    } finally {
      this.#isTaking = wasTaking
    }
  }
}
