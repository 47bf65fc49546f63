import { decodeBase64 } from '../audio/base64.ts'
import { learnLayout, matchLayout } from './media-layout.ts'
import type { Expected, LayoutFields } from './media-layout.ts'
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

/** A mark that has come back. */
export type DecodedMark = { readonly kind: 'mark'; readonly streamSid: string; readonly name: string }

/** A message of Twilio; audio is in the codec's scratch. */
export type Inbound = Exclude<ParsedMessage, { readonly kind: 'media' | 'mark' }> | DecodedMedia | DecodedMark

/** A stream whose messages keep changing their form gains nothing from another layout. */
const MAX_LAYOUTS_LEARNT = 8

/** Views by length: 160 bytes nearly always, and few others. */
const MAX_VIEWS = 16

/** All codecs of one scratch share its views, which so stay in the processor's nearest memory. */
const viewsOf = new WeakMap<Buffer, Map<number, Buffer>>()

/** @throws RangeError if a scratch cannot hold the largest payload */
export function checkScratch(scratch: Buffer): void {
  if (scratch.length < maxPayloadBytes) {
    throw new RangeError(
      `Cannot decode media: a scratch of ${scratch.length} bytes is below ${maxPayloadBytes}`,
    )
  }
}

/**
 * Reads the messages of one stream. The first media message, and the first mark, goes through JSON.parse and a schema and leaves its
 * layout behind; each one of the same layout is then read straight from its bytes (0.5 µs instead of 1.7), and all
 * others go the strict way. Both ways end in the same base64 decoder, so they cannot differ in the audio.
 */
export class MediaCodec {
  readonly #target: Buffer
  readonly #views: Map<number, Buffer>
  readonly #fields: LayoutFields = { timestampMs: 0, from: 0, to: 0 }
  readonly #media = { kind: 'media' as const, streamSid: '', timestampMs: 0, payloadBytes: 0 }
  #streamSid = ''
  #expectedMedia: Expected | undefined
  #expectedMark: Expected | undefined
  #layoutsLearnt = 0

  /**
   * @param scratch at least 8,000 bytes; may be shared, as what is decoded is only read until the next message
   * @throws RangeError if it is shorter
   */
  constructor(scratch: Buffer) {
    checkScratch(scratch)
    this.#target = scratch.subarray(0, maxPayloadBytes)
    this.#views = viewsOf.get(scratch) ?? new Map<number, Buffer>()
    viewsOf.set(scratch, this.#views)
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

  #decodeByLayout(bytes: Uint8Array): DecodedMedia | DecodedMark | undefined {
    const fields = this.#fields
    if (this.#expectedMedia !== undefined && matchLayout(this.#expectedMedia, bytes, fields)) {
      const payloadBytes = decodeBase64(bytes, fields, this.#target)
      // A payload with an escaped slash is base64 to JSON.parse and not to us here: the strict way decides.
      if (payloadBytes < 0) return undefined
      // The layout's constant bytes are the inbound track.
      return this.#decoded(this.#streamSid, fields.timestampMs, payloadBytes)
    }
    if (this.#expectedMark === undefined || !matchLayout(this.#expectedMark, bytes, fields)) return undefined
    const name = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString(
      'latin1',
      fields.from,
      fields.to,
    )
    return { kind: 'mark', streamSid: this.#streamSid, name }
  }

  #decodeStrictly(bytes: Uint8Array): Inbound {
    const message = parseMessage(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8'))
    if (message.kind === 'mark') {
      const { streamSid, name, json } = message
      if (streamSid === this.#streamSid) this.#expectedMark = this.#learn(bytes, json) ?? this.#expectedMark
      return { kind: 'mark', streamSid, name }
    }
    if (message.kind !== 'media') return message
    const { streamSid, timestampMs, payload, json } = message
    const characters = Buffer.from(payload, 'utf8')
    const payloadBytes = decodeBase64(characters, { from: 0, to: characters.length }, this.#target)
    if (payloadBytes < 0) return { kind: 'malformed' }
    if (streamSid === this.#streamSid) this.#expectedMedia = this.#learn(bytes, json) ?? this.#expectedMedia
    return this.#decoded(streamSid, timestampMs, payloadBytes)
  }

  #decoded(streamSid: string, timestampMs: number, payloadBytes: number): DecodedMedia {
    this.#media.streamSid = streamSid
    this.#media.timestampMs = timestampMs
    this.#media.payloadBytes = payloadBytes
    return this.#media
  }

  #learn(bytes: Uint8Array, json: unknown): Expected | undefined {
    if (this.#layoutsLearnt >= MAX_LAYOUTS_LEARNT) return undefined
    this.#layoutsLearnt += 1
    const layout = learnLayout(bytes, json)
    return layout && { layout, streamSid: Buffer.from(this.#streamSid) }
  }
}
