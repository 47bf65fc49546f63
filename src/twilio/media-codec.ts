import { decodeBase64 } from '../audio/base64.ts'
import { firstBytes } from '../audio/views.ts'
import { learnLayout, matchLayout } from './media-layout.ts'
import type { Expected, LayoutFields } from './media-layout.ts'
import { parseMessage } from './media-messages.ts'
import type { ParsedMessage } from './media-messages.ts'

/** Most µ-law bytes that one message may hold: a second of audio. */
export const maxPayloadBytes = 8_000

/** Caller audio that stands decoded in the codec's scratch. The same object for every message of every stream. */
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

/** What is told of a message, filled anew for each: it is read before the next one comes, on whatever stream. */
const fields: LayoutFields = { timestampMs: 0, from: 0, to: 0 }
const media = { kind: 'media' as const, streamSid: '', timestampMs: 0, payloadBytes: 0 }

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
  readonly #scratch: Buffer
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
    this.#scratch = scratch
  }

  /** From now on messages of this stream may take the short way. */
  expectStream(streamSid: string): void {
    this.#streamSid = streamSid
  }

  /**
   * Reads one text message. What it returns for audio, and the audio itself, are valid until the next call of this or
   * another codec.
   */
  decode(bytes: Uint8Array): Inbound {
    return this.decodeKnown(bytes, 0, bytes.length) ?? this.#decodeStrictly(bytes)
  }

  /**
   * Reads a message of a layout that is known, which is ASCII then.
   * @param bytes hold the message from `from` to `end`
   * @returns undefined for any other message
   */
  decodeKnown(bytes: Uint8Array, from: number, end: number): DecodedMedia | DecodedMark | undefined {
    fields.from = from
    fields.to = end
    if (this.#expectedMedia !== undefined && matchLayout(this.#expectedMedia, bytes, fields)) {
      const payloadBytes = decodeBase64(bytes, fields, firstBytes(this.#scratch, maxPayloadBytes))
      // A payload with an escaped slash is base64 to JSON.parse and not to us here: the strict way decides.
      if (payloadBytes < 0) return undefined
      // The layout's constant bytes are the inbound track.
      return this.#decoded(this.#streamSid, fields.timestampMs, payloadBytes)
    }
    if (this.#expectedMark === undefined || !matchLayout(this.#expectedMark, bytes, fields)) return undefined
    const message = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    const name = message.toString('latin1', fields.from, fields.to)
    return { kind: 'mark', streamSid: this.#streamSid, name }
  }

  /** The first so many bytes of the scratch. */
  audio(lengthBytes: number): Buffer {
    return firstBytes(this.#scratch, lengthBytes)
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
    const payloadBytes = decodeBase64(
      characters,
      { from: 0, to: characters.length },
      firstBytes(this.#scratch, maxPayloadBytes),
    )
    if (payloadBytes < 0) return { kind: 'malformed' }
    if (streamSid === this.#streamSid) this.#expectedMedia = this.#learn(bytes, json) ?? this.#expectedMedia
    return this.#decoded(streamSid, timestampMs, payloadBytes)
  }

  #decoded(streamSid: string, timestampMs: number, payloadBytes: number): DecodedMedia {
    media.streamSid = streamSid
    media.timestampMs = timestampMs
    media.payloadBytes = payloadBytes
    return media
  }

  #learn(bytes: Uint8Array, json: unknown): Expected | undefined {
    if (this.#layoutsLearnt >= MAX_LAYOUTS_LEARNT) return undefined
    this.#layoutsLearnt += 1
    const layout = learnLayout(bytes, json)
    return layout && { layout, streamSid: Buffer.from(this.#streamSid) }
  }
}
