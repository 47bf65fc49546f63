import { decodeBase64 } from './base64.ts'
import { learnLayout, matchLayout } from './media-layout.ts'
import type { MediaFields, MediaLayout } from './media-layout.ts'
import { parseMessage } from './media-messages.ts'
import type { ParsedMessage } from './media-messages.ts'

/** Most µ-law bytes that one message may hold: a second of audio. */
export const maxPayloadBytes = 8_000

/** Caller audio that stands decoded in the codec's scratch. The same object for every message. */
export type DecodedMedia = {
  readonly kind: 'media'
  readonly streamSid: string
  readonly timestampMs: number
  readonly payloadBytes: number
}

/** A message of Twilio; audio is in the codec's scratch. */
export type Inbound = Exclude<ParsedMessage, { readonly kind: 'media' }> | DecodedMedia

/** A stream whose messages keep changing their form gains nothing from another layout. */
const MAX_LAYOUTS_LEARNT = 8

/** Views by length: 160 bytes nearly always, and few others. */
const MAX_VIEWS = 16

/** @throws RangeError if a scratch cannot hold the largest payload */
export function checkScratch(scratch: Buffer): void {
  if (scratch.length < maxPayloadBytes) {
    throw new RangeError(
      `Cannot decode media: a scratch of ${scratch.length} bytes is below ${maxPayloadBytes}`,
    )
  }
}

/**
 * Reads the messages of one stream. The first media message goes through JSON.parse and a schema and leaves its
 * layout behind; each one of the same layout is then read straight from its bytes (0.5 µs instead of 1.7), and all
 * others go the strict way. Both ways end in the same base64 decoder, so they cannot differ in the audio.
 */
export class MediaCodec {
  readonly #target: Buffer
  readonly #views = new Map<number, Buffer>()
  readonly #fields: MediaFields = { timestampMs: 0, payloadFrom: 0, payloadTo: 0 }
  readonly #media = { kind: 'media' as const, streamSid: '', timestampMs: 0, payloadBytes: 0 }
  #streamSid = ''
  #layout: MediaLayout | undefined
  #layoutsLearnt = 0

  /**
   * @param scratch at least 8,000 bytes; may be shared, as what is decoded is only read until the next message
   * @throws RangeError if it is shorter
   */
  constructor(scratch: Buffer) {
    checkScratch(scratch)
    this.#target = scratch.subarray(0, maxPayloadBytes)
  }

  /** From now on messages of this stream may take the short way. */
  expectStream(streamSid: string): void {
    this.#streamSid = streamSid
  }

  /** Reads one text message. What it returns for audio, and the audio itself, are valid until the next call. */
  decode(bytes: Uint8Array): Inbound {
    return this.#decodeByLayout(bytes) ?? this.#decodeStrictly(bytes)
  }

  /**
   * The first so many bytes of the scratch. Views are kept by length, because a new one per frame would be the
   * largest thing that the inbound path allocates.
   */
  audio(lengthBytes: number): Buffer {
    let view = this.#views.get(lengthBytes)
    if (view === undefined) {
      view = this.#target.subarray(0, lengthBytes)
      if (this.#views.size < MAX_VIEWS) this.#views.set(lengthBytes, view)
    }
    return view
  }

  #decodeByLayout(bytes: Uint8Array): DecodedMedia | undefined {
    if (this.#layout === undefined || !matchLayout(this.#layout, bytes, this.#fields)) return undefined
    const { payloadFrom, payloadTo, timestampMs } = this.#fields
    const payloadBytes = decodeBase64(bytes, { from: payloadFrom, to: payloadTo }, this.#target)
    // A payload with an escaped slash is base64 to JSON.parse and not to us here: the strict way decides.
    if (payloadBytes < 0) return undefined
    // The layout's constant bytes are this stream's sid and the inbound track.
    return this.#decoded(this.#streamSid, timestampMs, payloadBytes)
  }

  #decodeStrictly(bytes: Uint8Array): Inbound {
    const message = parseMessage(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8'))
    if (message.kind !== 'media') return message
    const { streamSid, timestampMs, payload, json } = message
    const characters = Buffer.from(payload, 'utf8')
    const payloadBytes = decodeBase64(characters, { from: 0, to: characters.length }, this.#target)
    if (payloadBytes < 0) return { kind: 'malformed' }
    if (streamSid === this.#streamSid) this.#learn(bytes, json)
    return this.#decoded(streamSid, timestampMs, payloadBytes)
  }

  #decoded(streamSid: string, timestampMs: number, payloadBytes: number): DecodedMedia {
    this.#media.streamSid = streamSid
    this.#media.timestampMs = timestampMs
    this.#media.payloadBytes = payloadBytes
    return this.#media
  }

  #learn(bytes: Uint8Array, json: unknown): void {
    if (this.#layoutsLearnt >= MAX_LAYOUTS_LEARNT) return
    this.#layoutsLearnt += 1
    this.#layout = learnLayout(bytes, json) ?? this.#layout
  }
}
