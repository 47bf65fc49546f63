/** What the detector listens for; every time is milliseconds of audio, never of the clock. */
export type VadSettings = {
  /** 0 to 1, as in `turn_detection.threshold`. */
  readonly threshold: number
  readonly prefixPaddingMs: number
  readonly silenceDurationMs: number
}

/** A boundary that the detector found, by audio position. */
export type VadEvent =
  | { readonly kind: 'started'; readonly audioStartMs: number }
  | { readonly kind: 'stopped'; readonly audioEndMs: number }

/** Length of one window: levels are judged ten milliseconds at a time. */
export const VAD_WINDOW_MS = 10
/** So many windows in a row must be loud before speech has started: a click is shorter. */
const ONSET_WINDOWS = 3
/** Level that a threshold of 1 asks for, as a share of full scale; 0.5 is about −34 dBFS. */
const LEVEL_AT_ONE = 0.04
/** Below −66 dBFS nothing is speech, whatever the threshold. */
const LEVEL_FLOOR = 0.0005

/**
 * Speech detection by energy with hangover. It knows audio positions only, so the same audio
 * gives the same positions however late, early or in what pieces it arrives.
 */
export class Vad {
  #settings: VadSettings
  #loudWindows = 0
  #quietMs = 0
  #speaking = false
  #lastEndMs: number

  /** @param positionMs audio appended before this detector began to listen: no turn starts earlier */
  constructor(settings: VadSettings, positionMs: number) {
    this.#settings = settings
    this.#lastEndMs = positionMs
  }

  get speaking(): boolean {
    return this.#speaking
  }

  /** Replaces the settings; speech that is under way goes on under the new ones. */
  configure(settings: VadSettings): void {
    this.#settings = settings
  }

  /** Forgets speech that is under way, as when the buffer is cleared: no turn starts before this position. */
  forget(positionMs: number): void {
    this.#speaking = false
    this.#loudWindows = 0
    this.#quietMs = 0
    this.#lastEndMs = positionMs
  }

  /**
   * Takes the level of the next window.
   * @param level root mean square of VAD_WINDOW_MS of audio, 0 to 1
   * @param endMs position at which the window ends
   */
  push(level: number, endMs: number): VadEvent | undefined {
    const loud = level > Math.max(LEVEL_FLOOR, this.#settings.threshold * LEVEL_AT_ONE)
    return this.#speaking ? this.#whileSpeaking(loud, endMs) : this.#whileQuiet(loud, endMs)
  }

  #whileQuiet(loud: boolean, endMs: number): VadEvent | undefined {
    this.#loudWindows = loud ? this.#loudWindows + 1 : 0
    if (this.#loudWindows < ONSET_WINDOWS) return undefined
    this.#speaking = true
    this.#quietMs = 0
    const onsetMs = endMs - this.#loudWindows * VAD_WINDOW_MS
    this.#loudWindows = 0
    // The padding never reaches into the turn before: that audio is already committed.
    return {
      kind: 'started',
      audioStartMs: Math.max(this.#lastEndMs, onsetMs - this.#settings.prefixPaddingMs),
    }
  }

  #whileSpeaking(loud: boolean, endMs: number): VadEvent | undefined {
    this.#quietMs = loud ? 0 : this.#quietMs + VAD_WINDOW_MS
    if (this.#quietMs < this.#settings.silenceDurationMs || this.#quietMs === 0) return undefined
    this.#speaking = false
    this.#lastEndMs = endMs
    return { kind: 'stopped', audioEndMs: endMs }
  }
}
