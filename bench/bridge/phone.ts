import { randomBytes } from 'node:crypto'
import type { Figures } from './figures.ts'
import type { ReplyTrack } from './reply-track.ts'
import { textOf } from './wire.ts'
import type { Frame, Wire } from './wire.ts'

const FRAME_MS = 20
const FRAME_BYTES = 160
const PCM_FRAME_BYTES = 960
/** Frames whose leaving is remembered: 80 s. */
const REMEMBERED = 4_096
/** A message this long is an audio delta, whatever else is in it. */
const DELTA_MESSAGE_BYTES = 10_000

const VOICES = Array.from({ length: 16 }, () => randomBytes(FRAME_BYTES).toString('base64'))
const MEDIA_HEAD = Buffer.from('{"event":"media"')
const PAYLOAD = Buffer.from('"payload":"')
const SPEECH_STARTED = '{"type":"input_audio_buffer.speech_started"'

/** The telephone of one call: sends a frame every 20 ms, plays what it is sent, gives marks back when they were heard. */
export class Phone {
  readonly #streamSid: string
  readonly #track: ReplyTrack
  readonly #figures: Figures
  readonly #sentAtMs = new Float64Array(REMEMBERED)
  #wire: Wire | undefined
  #frames = 0
  #messages = 1
  #arrivedFrames = 0
  #arrivedPcmBytes = 0
  #nextFrameAtMs = Infinity

  constructor(options: {
    readonly streamSid: string
    readonly track: ReplyTrack
    readonly figures: Figures
  }) {
    this.#streamSid = options.streamSid
    this.#track = options.track
    this.#figures = options.figures
  }

  /** From now on there are frames; the first one within their interval, so that calls take turns. */
  start(wire: Wire, firstAtMs: number): void {
    this.#wire = wire
    this.#nextFrameAtMs = firstAtMs
  }

  stop(): void {
    this.#nextFrameAtMs = Infinity
  }

  /** Sends what is due: frames, and marks that were heard. */
  tick(nowMs: number): void {
    while (nowMs >= this.#nextFrameAtMs) {
      this.#figures.add('lateMs', nowMs - this.#nextFrameAtMs)
      this.#nextFrameAtMs += FRAME_MS
      this.#sendFrame()
    }
    for (const name of this.#track.playout.dueMarks(nowMs)) this.#giveBack(name)
  }

  /** A message that the bridge sends to the phone. */
  onBridgeMessage(frame: Frame): void {
    const nowMs = performance.now()
    const { payload } = frame
    if (payload.compare(MEDIA_HEAD, 0, MEDIA_HEAD.length, 0, MEDIA_HEAD.length) === 0) {
      return this.#track.soundCame(payloadBytes(payload), nowMs)
    }
    const text = textOf(frame)
    const message = JSON.parse(text) as Record<string, unknown>
    if (message['streamSid'] !== this.#streamSid) return this.#figures.unexpected('to another stream')
    const mark = message['mark']
    if (message['event'] === 'mark' && typeof mark === 'object' && mark !== null) {
      return this.#track.playout.mark(String(Reflect.get(mark, 'name')))
    }
    if (message['event'] !== 'clear')
      return this.#figures.unexpected(`to the phone: ${String(message['event'])}`)
    for (const name of this.#track.clearCame(nowMs)) this.#giveBack(name)
  }

  /** A message of the model that a pass-through has forwarded. */
  onForwardedEvent(frame: Frame, deltaPcmBytes: number): void {
    const nowMs = performance.now()
    if (frame.payload.length > DELTA_MESSAGE_BYTES) return this.#track.deltaCame(deltaPcmBytes, nowMs)
    if (textOf(frame, SPEECH_STARTED.length) === SPEECH_STARTED) this.#track.speechStartedCame(nowMs)
  }

  /** Audio of the caller has come to the model, resampled: so many bytes of PCM16 at 24 kHz. */
  pcmArrived(bytes: number): void {
    this.#arrivedPcmBytes += bytes
    const frames = Math.floor(this.#arrivedPcmBytes / PCM_FRAME_BYTES)
    while (this.#arrivedFrames < frames) this.frameArrived()
  }

  /** The next frame has come to the model. */
  frameArrived(): void {
    const sentAtMs = this.#sentAtMs[this.#arrivedFrames % REMEMBERED] ?? 0
    this.#arrivedFrames += 1
    this.#figures.add('upMs', performance.now() - sentAtMs)
  }

  /** Frames that have left and not arrived. */
  missingFrames(): number {
    return this.#frames - this.#arrivedFrames
  }

  /** True once a frame has come to the model. */
  hasArrived(): boolean {
    return this.#arrivedFrames > 0
  }

  #sendFrame(): void {
    const payload = VOICES[this.#frames % VOICES.length] ?? ''
    this.#messages += 1
    const text =
      `{"event":"media","sequenceNumber":"${this.#messages}","streamSid":"${this.#streamSid}","media":` +
      `{"track":"inbound","chunk":"${this.#frames + 1}","timestamp":"${100 + this.#frames * FRAME_MS}","payload":"${payload}"}}`
    this.#sentAtMs[this.#frames % REMEMBERED] = performance.now()
    this.#frames += 1
    this.#wire?.send(text)
  }

  #giveBack(name: string): void {
    this.#messages += 1
    this.#wire?.send(
      `{"event":"mark","sequenceNumber":"${this.#messages}","streamSid":"${this.#streamSid}","mark":{"name":"${name}"}}`,
    )
  }
}

/** How many bytes of sound are in a media message. */
function payloadBytes(message: Buffer): number {
  const from = message.indexOf(PAYLOAD) + PAYLOAD.length
  const to = message.indexOf(0x22, from)
  return base64Bytes(to - from, message.toString('latin1', to - 2, to))
}

/** How many bytes so many base64 characters with this end stand for. */
export function base64Bytes(characters: number, end: string): number {
  const padding = end.endsWith('==') ? 2 : end.endsWith('=') ? 1 : 0
  return (characters / 4) * 3 - padding
}
