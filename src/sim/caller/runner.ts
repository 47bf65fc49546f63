import { encodeMulaw } from '../audio/g711.ts'
import type { Heard } from './listener.ts'
import { hear, heardNothing } from './listener.ts'
import { CallerNetwork, type FrameFate, type Spell, untouched } from './network.ts'
import type { Random } from './random.ts'
import { seededRandom } from './random.ts'
import type { CallerScript, CallerStep } from './script.ts'
import { BYTES_PER_MS, dtmfTone, fillComfortNoise, noise, SILENCE } from './sounds.ts'

const FRAME_MS = 20
const STAY: CallerStep = { do: 'waitForEnd', withinMs: 20_000 }

/** What a caller does in a frame besides sounding. `network` is the fate of the frame, if it has one. */
export type CallerAct =
  | { readonly kind: 'speaking'; readonly clip: string; readonly text: string }
  | { readonly kind: 'key'; readonly digit: string }
  | { readonly kind: 'network'; readonly fate: FrameFate }
  /** A spell has begun: something that goes wrong on purpose from now on. */
  | { readonly kind: 'spell'; readonly spell: Spell['do'] | 'lose' }
  | { readonly kind: 'sendHuge'; readonly bytes: number }
  | { readonly kind: 'secondStart' }
  | { readonly kind: 'dropStream' }
  | { readonly kind: 'hangUp' }
  | { readonly kind: 'hangUpWithoutStop' }
  | { readonly kind: 'vanish' }
  | { readonly kind: 'freeze' }
  | { readonly kind: 'stopReading' }
  | { readonly kind: 'failed'; readonly reason: string }

/** Looks up a clip: 8 kHz samples, or undefined when there is no such clip. */
export type Speech = (clip: string) => Int16Array | undefined

type Progress = {
  readonly step: CallerStep
  /** Sound still to be made in this step. */
  sound: Uint8Array
  soundAt: number
  elapsedMs: number
  /** Keys still to be pressed. */
  keys: string
}

/**
 * Plays a caller's script, pulled by whoever owns the line: once per 20 ms it is shown what was heard and asked
 * for what is said. It reads no clock, so it runs alike on every one.
 */
export class CallerRunner {
  readonly #steps: readonly CallerStep[]
  readonly #speech: Speech
  readonly #random: Random
  readonly #network: CallerNetwork
  #next = 0
  #heard: Heard = heardNothing
  #progress: Progress | undefined
  #losing = false
  #over = false

  constructor(options: { readonly script: CallerScript; readonly speech: Speech; readonly seed: number }) {
    this.#steps = options.script.steps
    this.#speech = options.speech
    this.#random = seededRandom(options.seed)
    // Its own sequence, so that what is said sounds alike with and without faults.
    this.#network = new CallerNetwork(seededRandom(~options.seed))
  }

  /**
   * One frame of 20 ms.
   * @param heard 160 bytes of µ-law from the other side
   * @param said receives 160 bytes of µ-law
   * @returns what else the caller does; after `hangUp`, `vanish` or `failed` only silence follows
   */
  frame(heard: Uint8Array, said: Uint8Array): readonly CallerAct[] {
    this.#heard = hear(this.#heard, heard, FRAME_MS)
    fillComfortNoise(said, this.#random)
    const acts: CallerAct[] = []
    this.#losing = false
    // Steps that take no time run within the frame; the script is finite, so this ends.
    for (let frameUsed = false; !frameUsed && !this.#over;) {
      this.#progress ??= this.#begin(acts)
      frameUsed = this.#advance(this.#progress, said, acts)
    }
    const fate = this.#network.next()
    if (this.#losing) acts.push({ kind: 'network', fate: { ...fate, lost: true } })
    else if (fate !== untouched) acts.push({ kind: 'network', fate })
    return acts
  }

  #begin(acts: CallerAct[]): Progress {
    const step = this.#steps[this.#next++] ?? STAY
    const progress = { step, sound: new Uint8Array(), soundAt: 0, elapsedMs: 0, keys: '' }
    switch (step.do) {
      case 'speak': {
        const samples = this.#speech(step.clip)
        if (!samples) {
          this.#fail(acts, `Cannot speak ${step.clip}: there is no such clip`)
          return progress
        }
        acts.push({ kind: 'speaking', clip: step.clip, text: step.text })
        return { ...progress, sound: encodeMulaw(samples) }
      }
      case 'press':
        return { ...progress, keys: step.digits }
      case 'lose':
        acts.push({ kind: 'spell', spell: 'lose' })
        return progress
      case 'noise':
      case 'pause':
      case 'waitForReply':
      case 'waitForQuiet':
      case 'waitForEnd':
      case 'hangUp':
      case 'hangUpWithoutStop':
      case 'vanish':
      case 'dropStream':
      case 'freeze':
      case 'stopReading':
      case 'sendHuge':
      case 'secondStart':
      case 'jitter':
      case 'randomLoss':
      case 'swapMedia':
      case 'repeatMedia':
      case 'repeatMarks':
      case 'jumpClock':
        return progress
    }
  }

  /** Runs the current step; true when it has used up the frame. */
  #advance(progress: Progress, said: Uint8Array, acts: CallerAct[]): boolean {
    const { step } = progress
    switch (step.do) {
      case 'speak':
        return this.#sound(progress, said)
      case 'noise': {
        const passing = this.#pass(progress, step.ms)
        if (passing) said.set(noise({ random: this.#random, durationMs: FRAME_MS, dbfs: step.dbfs }))
        return passing
      }
      case 'press':
        return this.#press(progress, said, acts)
      case 'pause':
        return this.#pass(progress, step.ms)
      case 'lose': {
        this.#losing = this.#pass(progress, step.ms)
        return this.#losing
      }
      case 'waitForReply':
        return this.#wait(progress, acts, this.#heard.speaking && this.#heard.voiceMs >= step.ms)
      case 'waitForQuiet':
        return this.#wait(progress, acts, this.#heard.quietMs >= step.ms)
      case 'waitForEnd':
        return this.#wait(progress, acts, false)
      case 'hangUp':
      case 'hangUpWithoutStop':
      case 'vanish':
        acts.push({ kind: step.do })
        this.#over = true
        return true
      case 'dropStream':
      case 'freeze':
      case 'stopReading':
      case 'secondStart':
        acts.push({ kind: step.do })
        return this.#done()
      case 'sendHuge':
        acts.push({ kind: step.do, bytes: step.bytes })
        return this.#done()
      case 'jitter':
      case 'randomLoss':
      case 'swapMedia':
      case 'repeatMedia':
      case 'repeatMarks':
      case 'jumpClock':
        this.#network.begin(step)
        acts.push({ kind: 'spell', spell: step.do })
        return this.#done()
    }
  }

  #sound(progress: Progress, said: Uint8Array): boolean {
    const piece = progress.sound.subarray(progress.soundAt, progress.soundAt + said.length)
    if (piece.length === 0) return this.#done()
    said.set(piece)
    progress.soundAt += piece.length
    return true
  }

  #press(progress: Progress, said: Uint8Array, acts: CallerAct[]): boolean {
    if (this.#sound(progress, said)) return true
    const key = progress.keys[0]
    if (key === undefined) return false
    if (key !== 'w') acts.push({ kind: 'key', digit: key })
    const gapBytes = (key === 'w' ? 500 : 100) * BYTES_PER_MS
    const gap = new Uint8Array(gapBytes).fill(SILENCE)
    const sound = key === 'w' ? gap : new Uint8Array([...dtmfTone(key), ...gap])
    this.#progress = { ...progress, keys: progress.keys.slice(1), sound, soundAt: 0 }
    return this.#sound(this.#progress, said)
  }

  #pass(progress: Progress, durationMs: number): boolean {
    if (progress.elapsedMs >= durationMs) return this.#done()
    progress.elapsedMs += FRAME_MS
    return true
  }

  #wait(progress: Progress, acts: CallerAct[], met: boolean): boolean {
    const { step } = progress
    if (met) return this.#done()
    if ('withinMs' in step && progress.elapsedMs >= step.withinMs) {
      const wanted = 'ms' in step ? ` of ${step.ms} ms` : ''
      this.#fail(
        acts,
        `Gave up ${step.do}${wanted} at step ${this.#next}: nothing within ${step.withinMs} ms`,
      )
    }
    progress.elapsedMs += FRAME_MS
    return true
  }

  #done(): false {
    this.#progress = undefined
    return false
  }

  #fail(acts: CallerAct[], reason: string): void {
    acts.push({ kind: 'failed', reason })
    this.#over = true
  }
}
