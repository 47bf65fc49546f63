import type { Figures } from './figures.ts'
import { DELTA_PCM_BYTES } from './model-events.ts'
import { Model } from './model.ts'
import { base64Bytes, Phone } from './phone.ts'
import { ReplyTrack } from './reply-track.ts'
import { textOf } from './wire.ts'
import type { Frame, Wire } from './wire.ts'

const APPEND = '{"type":"input_audio_buffer.append","audio":"'
const APPEND_END = '"}'

/** One call of the load, at both of its ends. */
export class LoadCall {
  readonly callSid: string
  readonly streamSid: string
  readonly phone: Phone
  readonly #track: ReplyTrack
  readonly #figures: Figures
  readonly #random: () => number
  #model: Model | undefined
  #phoneWire: Wire | undefined
  #modelWire: Wire | undefined
  #isOver = false

  /** @param options.number tells it from all other calls of the run, and decides by chance what happens in it */
  constructor(options: { readonly number: number; readonly figures: Figures }) {
    const hex = options.number.toString(16).padStart(32, '0')
    this.callSid = `CA${hex}`
    this.streamSid = `MZ${hex}`
    this.#figures = options.figures
    this.#random = seeded(options.number)
    this.#track = new ReplyTrack(options.figures)
    this.phone = new Phone({ streamSid: this.streamSid, track: this.#track, figures: options.figures })
  }

  /** The server under load has connected to its model. */
  modelJoins(wire: Wire): void {
    this.#modelWire = wire
    this.#model = new Model({ wire, track: this.#track, figures: this.#figures, random: this.#random })
  }

  /** The phone is connected to the server under load: its frames begin. */
  phoneJoins(wire: Wire): void {
    this.#phoneWire = wire
    this.phone.start(wire, performance.now() + this.#random() * 20)
  }

  /** Both ends hear each other: talking begins. */
  start(): void {
    this.#model?.start(performance.now())
  }

  tick(nowMs: number): void {
    this.phone.tick(nowMs)
    this.#model?.tick(nowMs)
  }

  /** What the bridge sends to its model. */
  onBridgeEvent(frame: Frame): void {
    if (textOf(frame, APPEND.length) !== APPEND) {
      return this.#model?.onEvent(textOf(frame), performance.now())
    }
    const characters = frame.payload.length - APPEND.length - APPEND_END.length
    this.phone.pcmArrived(base64Bytes(characters, lastCharacters(frame)))
  }

  /** What a pass-through forwards to the model: frames as they left the phone. */
  onForwardedFrame(): void {
    this.phone.frameArrived()
  }

  onBridgeMessage(frame: Frame): void {
    this.phone.onBridgeMessage(frame)
  }

  /** What a pass-through forwards to the phone. */
  onForwardedEvent(frame: Frame): void {
    this.phone.onForwardedEvent(frame, DELTA_PCM_BYTES)
  }

  /** The other side has closed one of the two connections. */
  lost(which: string, code: number): void {
    if (!this.#isOver) this.#figures.unexpected(`${which} closed with ${code}`)
  }

  /** Hangs up; it is for the server under load to part from its model. */
  end(): void {
    this.#isOver = true
    this.phone.stop()
    this.#phoneWire?.send(
      `{"event":"stop","sequenceNumber":"999999","streamSid":"${this.streamSid}","stop":{"callSid":"${this.callSid}"}}`,
    )
    this.#phoneWire?.close()
    this.#model = undefined
  }

  /** True once the server has parted from its model. */
  isOver(): boolean {
    return this.#isOver && (this.#modelWire === undefined || !this.#modelWire.isOpen())
  }
}

/** The two characters before the end of an append event, where base64 may have padding. */
function lastCharacters({ payload, mask }: Frame): string {
  const to = payload.length - APPEND_END.length
  let text = ''
  for (let at = to - 2; at < to; at++) {
    text += String.fromCharCode((payload[at] ?? 0) ^ (mask?.[at & 3] ?? 0))
  }
  return text
}

/** Numbers between 0 and 1 that are the same in each run: mulberry32. */
function seeded(seed: number): () => number {
  let state = (seed * 0x9e3779b9) >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000
  }
}
