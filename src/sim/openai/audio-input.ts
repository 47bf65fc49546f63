import { bytesPerMs, levelOf } from './audio-format.ts'
import type { AudioFormat } from './audio-format.ts'
import { decodeBase64 } from './base64.ts'
import { refusal } from './refusal.ts'
import type { Refusal } from './refusal.ts'
import { MAX_APPEND_BYTES } from './client-event-schema.ts'
import type { SessionContext } from './session-context.ts'
import type { TurnDetection } from './session-schema.ts'
import { VAD_WINDOW_MS, Vad } from './vad.ts'
import type { VadSettings } from './vad.ts'

/** What the caller's audio brings about. */
export type TurnEvents = {
  readonly onStarted: (itemId: string, audioStartMs: number) => void
  /** The silence after a turn is long enough. */
  readonly onStopped: (itemId: string, audioEndMs: number) => void
  /** The turn, from its padded start to its end, is ready to be committed. */
  readonly onTurn: (turn: Turn) => void
}

/** Audio that becomes a user item. */
export type Turn = {
  readonly itemId: string
  readonly format: AudioFormat
  readonly chunks: readonly Uint8Array[]
}

/** A commit by the client needs at least this much. */
const MIN_COMMIT_MS = 100
/** Audio held for a turn or a commit; what is older is let go of. */
const MAX_HELD_MS = 300_000

/** How long a pause semantic detection waits for: a quarter of the documented longest wait, as most pauses end a turn. */
const EAGERNESS_MS = { low: 2000, medium: 1000, auto: 1000, high: 500 }

/** The input audio buffer: counts what is appended, finds turns in it, holds it until it is committed. */
export class AudioInput {
  readonly #context: SessionContext
  readonly #events: TurnEvents
  #format: AudioFormat
  #turns: TurnDetection | null
  #vad: Vad | undefined
  #positionMs = 0
  #rest: Uint8Array = new Uint8Array()
  #held: Uint8Array[] = []
  #speakingItem = ''

  constructor(context: SessionContext, events: TurnEvents) {
    this.#context = context
    this.#events = events
    const { format, turn_detection } = context.config().audio.input
    this.#format = format
    this.#turns = turn_detection
    this.#vad = turn_detection ? new Vad(vadSettings(turn_detection), 0) : undefined
  }

  /** Audio appended since the session began, in milliseconds. */
  get positionMs(): number {
    return Math.floor(this.#positionMs + this.#rest.length / bytesPerMs(this.#format))
  }

  get speaking(): boolean {
    return this.#vad?.speaking ?? false
  }

  /** Follows the session's settings after an update. */
  configure(): void {
    const { format, turn_detection } = this.#context.config().audio.input
    if (format.type !== this.#format.type) {
      this.#positionMs += this.#rest.length / bytesPerMs(this.#format)
      this.#rest = new Uint8Array()
      this.#held = []
      this.#format = format
    }
    this.#turns = turn_detection
    if (!turn_detection) this.#vad = undefined
    else if (this.#vad) this.#vad.configure(vadSettings(turn_detection))
    else {
      this.#held = []
      this.#vad = new Vad(vadSettings(turn_detection), this.#positionMs)
    }
  }

  /** Takes audio. @returns why it is refused, if it is */
  append(audio: string): Refusal | undefined {
    if (audio.length > (MAX_APPEND_BYTES * 4) / 3 + 4) {
      return refusal('string_above_max_length', `Invalid 'audio': more than 15 MiB in one event.`, 'audio')
    }
    const bytes = decodeBase64(audio)
    if (!bytes || (this.#format.type === 'audio/pcm' && bytes.length % 2 === 1)) {
      const message = `Invalid 'audio'. Expected base64-encoded audio bytes (${this.#format.type}) but got an invalid value.`
      return refusal('invalid_value', message, 'audio')
    }
    this.#context.record.addAudio(this.#format, { atMs: this.#context.nowMs(), bytes })
    this.#cut(bytes)
    return undefined
  }

  /** Commits what the client has appended. @returns why it cannot, if it cannot */
  commit(): Refusal | undefined {
    // Under turn detection the server commits: nothing is there for the client.
    const heldMs = this.#turns ? 0 : this.#heldMs() + this.#rest.length / bytesPerMs(this.#format)
    if (heldMs < MIN_COMMIT_MS) {
      const message = `Error committing input audio buffer: buffer too small. Expected at least 100ms of audio, but buffer only has ${heldMs.toFixed(2)}ms of audio.`
      return refusal('input_audio_buffer_commit_empty', message)
    }
    const chunks = [...this.#held, this.#rest]
    this.clear()
    this.#events.onTurn({ itemId: this.#context.newId('item'), format: this.#format, chunks })
    return undefined
  }

  /** Throws away what is not committed; speech under way is forgotten, positions go on. */
  clear(): void {
    this.#held = []
    this.#positionMs += this.#rest.length / bytesPerMs(this.#format)
    this.#rest = new Uint8Array()
    this.#vad?.forget(this.#positionMs)
  }

  /** Cuts audio into windows, however it was divided into events. */
  #cut(bytes: Uint8Array): void {
    const windowBytes = VAD_WINDOW_MS * bytesPerMs(this.#format)
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes])
    let offset = 0
    for (; offset + windowBytes <= all.length; offset += windowBytes) {
      this.#take(all.subarray(offset, offset + windowBytes))
    }
    this.#rest = all.subarray(offset)
  }

  #take(window: Uint8Array): void {
    this.#positionMs += VAD_WINDOW_MS
    this.#held.push(window)
    const event = this.#vad?.push(levelOf(window, this.#format), this.#positionMs)
    if (event?.kind === 'started') {
      this.#keepLast(Math.ceil((this.#positionMs - event.audioStartMs) / VAD_WINDOW_MS))
      this.#speakingItem = this.#context.newId('item')
      this.#events.onStarted(this.#speakingItem, Math.floor(event.audioStartMs))
    } else if (event?.kind === 'stopped') {
      const chunks = this.#held
      this.#held = []
      const itemId = this.#speakingItem
      this.#events.onStopped(itemId, Math.floor(event.audioEndMs))
      this.#events.onTurn({ itemId, format: this.#format, chunks })
    } else this.#trim()
  }

  /** Silence is held only as far back as the padding of the next turn reaches. */
  #trim(): void {
    const paddingMs =
      this.#turns && !this.speaking ? vadSettings(this.#turns).prefixPaddingMs + 100 : MAX_HELD_MS
    if (this.#heldMs() > paddingMs + 1000) this.#keepLast(Math.ceil(paddingMs / VAD_WINDOW_MS))
  }

  #keepLast(windows: number): void {
    if (this.#held.length > windows) this.#held = this.#held.slice(this.#held.length - windows)
  }

  #heldMs(): number {
    return this.#held.length * VAD_WINDOW_MS
  }
}

function vadSettings(turns: TurnDetection): VadSettings {
  if (turns.type === 'semantic_vad') {
    return {
      threshold: 0.5,
      prefixPaddingMs: 300,
      silenceDurationMs: EAGERNESS_MS[turns.eagerness ?? 'auto'],
    }
  }
  return {
    threshold: turns.threshold ?? 0.5,
    prefixPaddingMs: turns.prefix_padding_ms ?? 300,
    silenceDurationMs: turns.silence_duration_ms ?? 500,
  }
}
