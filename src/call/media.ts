import type { AudioEngine } from '../audio/engine.ts'
import { FRAME_ULAW_BYTES, ULAW_BYTES_PER_MS, ULAW_SILENCE } from '../audio/frame.ts'
import { holdsKeyTone } from '../audio/key-tone.ts'
import type { Downlink, Uplink } from '../audio/stream.ts'
import { firstBytes } from '../audio/views.ts'
import type { ReplyAudio, SpeechAudio, SpeechSession } from '../ports/speech.ts'
import type { Utterance } from './event.ts'
import { CallerAudio } from './caller-audio.ts'
import { CallerEar, type Found } from './caller-ear.ts'
import { mayBeSpeech } from './loudness.ts'
import type { Playback } from './playback.ts'

/** Held audio goes to the model in pieces of this many µ-law bytes (200 ms). */
const FLUSH_BYTES = 200 * ULAW_BYTES_PER_MS
const SILENCE = new Uint8Array(FLUSH_BYTES).fill(ULAW_SILENCE)
/** The tone of a key lasts longer than it takes to tell which one it is (500 ms). */
const KEY_BYTES = 500 * ULAW_BYTES_PER_MS

/** What the audio path counts; read at the end of a call. */
export type MediaCounts = { framesIn: number; framesOut: number; firstAppendAtMs: number | undefined }

/** What the audio path tells the call: when a reply begins to sound, and when the caller seems to have said something. */
export type MediaListener = {
  onCallerPaused(pause: { beganAtMs: number; atMs: number }): void
  onReplySounding(reply: { itemId: string; responseId: string; deltaAtMs: number; atMs: number }): void
}

/**
 * The audio of one call, on a straight synchronous path round the machine: caller to model and model to caller. It
 * keeps no queue but the caller's latest audio, which waits for a session or may have to be told to the next one.
 */
export class CallMedia implements Disposable {
  readonly #engine: AudioEngine
  readonly #mode: SpeechAudio
  readonly #playback: Playback
  readonly #listener: MediaListener
  readonly #nowMs: () => number
  readonly #hidesKeys: boolean
  readonly #caller: CallerAudio
  readonly #ear = new CallerEar()
  #voiceBeganAtMs = 0
  #isMuted = false
  /** So much more is not heard once it is over. */
  #mutedBytes = 0
  readonly #up: Uplink
  readonly #down: Downlink
  readonly #dropped = new Set<string>()
  /** The reply whose audio was sent last: the usual case needs no look-up. */
  #current: Extract<Utterance, { kind: 'reply' }> | undefined
  #session: SpeechSession | undefined
  readonly counts: MediaCounts = { framesIn: 0, framesOut: 0, firstAppendAtMs: undefined }

  constructor(options: {
    engine: AudioEngine
    mode: SpeechAudio
    playback: Playback
    heldAudioMs: number
    /** The model hears silence in place of keys. */
    hidesKeys: boolean
    nowMs: () => number
    listener: MediaListener
  }) {
    this.#engine = options.engine
    this.#mode = options.mode
    this.#playback = options.playback
    this.#listener = options.listener
    this.#nowMs = options.nowMs
    this.#hidesKeys = options.hidesKeys
    this.#caller = new CallerAudio(options.heldAudioMs)
    this.#up = options.engine.openUplink()
    this.#down = options.engine.openDownlink()
  }

  /** Lets the model hear silence in place of the caller, or after a little the caller again: keys sound on. */
  mute(isMuted: boolean): void {
    this.#isMuted = isMuted
    this.#mutedBytes = isMuted ? 0 : KEY_BYTES
  }

  /** Caller audio as µ-law. Without a session that takes it, it is kept in order. */
  onCallerAudio(given: Uint8Array): void {
    // The first key is heard before the network tells of it, and the end of each in the frame after.
    if (this.#hidesKeys && holdsKeyTone(given))
      this.#mutedBytes = Math.max(this.#mutedBytes, given.length + FRAME_ULAW_BYTES)
    const isMuted = this.#isMuted || this.#mutedBytes > 0
    const ulaw = isMuted ? silence(given.length) : given
    this.#mutedBytes = Math.max(0, this.#mutedBytes - given.length)
    this.counts.framesIn++
    const found = this.#ear.hear(ulaw)
    // Kept before it is sent: sending may find that the session is over, and then this frame waits for the next one.
    const isNext = this.#session !== undefined && this.#caller.waitingMs() === 0
    this.#caller.push(ulaw)
    if (isNext && this.#session && this.#append(this.#session, ulaw)) this.#caller.markSent(ulaw.length)
    if (found) this.#onFound(found)
  }

  /**
   * The session agreed: everything the caller said meanwhile goes in first, in order.
   * @returns whether that may be speech, which the session has yet to notice
   */
  sessionReady(session: SpeechSession): boolean {
    this.#session = session
    let speech = false
    for (let waiting = this.#caller.waiting(); waiting.length > 0; waiting = this.#caller.waiting()) {
      const piece = waiting.subarray(0, FLUSH_BYTES)
      if (!this.#append(session, piece)) break
      speech ||= mayBeSpeech(piece)
      this.#caller.markSent(piece.length)
    }
    return speech
  }

  /** Whether the caller is speaking by our own ear. */
  hearsCaller(): boolean {
    return this.#ear.isVoiced()
  }

  /** The session is there: what it has not told of by now, it did not take for words. */
  sessionAnswered(): void {
    this.#caller.forgetVoice()
  }

  /** The session has noticed that the caller speaks. */
  turnBegan(): void {
    this.#caller.turnBegan()
  }

  /** What the caller said until now has been understood; the next session need not hear it again. */
  forgetCaller(turnIsOpen: boolean): void {
    this.#caller.forget(turnIsOpen)
  }

  /** The session is gone; what it may not have understood waits for the next one, and all that follows. */
  sessionGone(): void {
    if (this.#session) this.#caller.rewind()
    this.#session = undefined
    this.#current = undefined
    this.#dropped.clear()
  }

  /** Lets the model hear silence where the line sends nothing. */
  padSilence(ms: number): void {
    for (let restBytes = ms * ULAW_BYTES_PER_MS; restBytes > 0; restBytes -= FLUSH_BYTES) {
      this.onCallerAudio(SILENCE.subarray(0, Math.min(restBytes, FLUSH_BYTES)))
    }
  }

  /** Model audio: to the caller, unless its response was interrupted. */
  onReplyAudio(audio: ReplyAudio): void {
    if (this.#dropped.has(audio.responseId)) return
    const deltaAtMs = this.#nowMs()
    const { itemId, responseId } = audio
    const known = this.#current?.itemId === itemId ? this.#current : undefined
    const utterance = known ?? ({ kind: 'reply', itemId, responseId } as const)
    const ulaw = this.#mode === 'pcmu' ? audio.bytes : this.#toUlaw(audio.bytes)
    if (ulaw.length === 0 || !this.#playback.send(utterance, ulaw, deltaAtMs)) return
    this.counts.framesOut++
    if (known) return
    this.#current = utterance
    this.#listener.onReplySounding({ itemId, responseId, deltaAtMs, atMs: this.#nowMs() })
  }

  /** Audio of this response that still arrives is not played; forgotten when the response has ended. */
  drop(responseId: string): void {
    this.#dropped.add(responseId)
  }

  responseDone(responseId: string): void {
    this.#dropped.delete(responseId)
  }

  /** The reply that is being sent was heard as far as it came: its next audio is announced anew. */
  stalled(): void {
    this.#current = undefined
  }

  /** Everything queued was dropped: what the resampler still holds belongs to it. */
  cleared(): void {
    this.#down.reset()
    this.#current = undefined
  }

  /** Milliseconds of caller audio lost because no session came in time. */
  droppedMs(): number {
    return this.#caller.droppedMs()
  }

  [Symbol.dispose](): void {
    this.#up[Symbol.dispose]()
    this.#down[Symbol.dispose]()
  }

  #onFound(found: Found): void {
    const atMs = this.#nowMs()
    if (found === 'paused') return this.#listener.onCallerPaused({ beganAtMs: this.#voiceBeganAtMs, atMs })
    this.#caller.voiceBegan()
    this.#voiceBeganAtMs = atMs - this.#ear.spanMs()
  }

  #append(session: SpeechSession, ulaw: Uint8Array): boolean {
    const bytes = this.#mode === 'pcmu' ? ulaw : this.#toPcm(ulaw)
    if (!session.append(bytes)) return false
    this.counts.firstAppendAtMs ??= this.#nowMs()
    return true
  }

  #toPcm(ulaw: Uint8Array): Uint8Array {
    const { ulawIn, pcmOut } = this.#engine
    // The stream's codec may have decoded straight into the engine's memory: then there is nothing to copy.
    if (ulaw.buffer !== ulawIn.buffer || ulaw.byteOffset !== ulawIn.byteOffset) ulawIn.set(ulaw)
    return firstBytes(pcmOut, this.#up.push(ulaw.length))
  }

  #toUlaw(pcm: Uint8Array): Uint8Array {
    const { pcmIn, ulawOut } = this.#engine
    if (pcm.buffer !== pcmIn.buffer || pcm.byteOffset !== pcmIn.byteOffset) pcmIn.set(pcm)
    return firstBytes(ulawOut, this.#down.push(pcm.length))
  }
}

function silence(bytes: number): Uint8Array {
  return bytes <= SILENCE.length ? SILENCE.subarray(0, bytes) : new Uint8Array(bytes).fill(ULAW_SILENCE)
}
