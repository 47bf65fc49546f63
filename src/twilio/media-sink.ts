import type { WebSocket } from 'ws'
import type { Metrics } from '../ports/metrics.ts'
import type { MediaSink } from '../ports/telephony.ts'

/** Most µ-law bytes in one outgoing message: 200 ms. */
const MAX_MEDIA_BYTES = 1_600

/** RFC 6455 §5.5: a control frame carries at most 125 bytes, two of which are the code. */
const MAX_REASON_BYTES = 123

/**
 * Writes the messages of one stream. Everything constant is joined once per stream, so a media message is one string:
 * prefix, base64, suffix (0.25 µs for 20 ms; ws frames a string without copying it into a Buffer first).
 */
export class SocketSink implements MediaSink {
  readonly streamSid: string
  readonly #socket: WebSocket
  readonly #mediaPrefix: string
  readonly #markPrefix: string
  readonly #clearMessage: string
  readonly #metrics: Metrics
  readonly #onSend: () => boolean
  readonly #onClose: () => void
  #isOpen = true

  /**
   * @param options.onSend asked before every message; false means that the stream is over
   * @param options.onClose called once, when the call closes the stream
   */
  constructor(options: {
    readonly socket: WebSocket
    readonly streamSid: string
    readonly metrics: Metrics
    readonly onSend: () => boolean
    readonly onClose: () => void
  }) {
    this.#socket = options.socket
    this.streamSid = options.streamSid
    this.#metrics = options.metrics
    this.#onSend = options.onSend
    this.#onClose = options.onClose
    const sid = JSON.stringify(options.streamSid)
    this.#mediaPrefix = `{"event":"media","streamSid":${sid},"media":{"payload":"`
    this.#markPrefix = `{"event":"mark","streamSid":${sid},"mark":{"name":`
    this.#clearMessage = `{"event":"clear","streamSid":${sid}}`
  }

  sendMedia(ulaw: Uint8Array): boolean {
    if (ulaw.length > MAX_MEDIA_BYTES) {
      throw new RangeError(`Cannot send media: ${ulaw.length} bytes is more than ${MAX_MEDIA_BYTES}`)
    }
    if (ulaw.length === 0) return this.#isWritable()
    const bytes = Buffer.isBuffer(ulaw) ? ulaw : Buffer.from(ulaw.buffer, ulaw.byteOffset, ulaw.length)
    const isSent = this.#send(`${this.#mediaPrefix}${bytes.toString('base64')}"}}`)
    if (isSent) this.#metrics.count('media_frames_out_total')
    return isSent
  }

  sendMark(name: string): boolean {
    return this.#send(`${this.#markPrefix}${JSON.stringify(name)}}}`)
  }

  clear(): boolean {
    return this.#send(this.#clearMessage)
  }

  close(code: number, reason: string): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#onClose()
    this.#socket.close(code, closeReason(reason))
  }

  bufferedBytes(): number {
    return this.#socket.bufferedAmount
  }

  /** From now on every method answers false. */
  end(): void {
    this.#isOpen = false
  }

  #send(message: string): boolean {
    if (!this.#isWritable() || !this.#onSend()) return false
    this.#socket.send(message)
    return true
  }

  #isWritable(): boolean {
    return this.#isOpen && this.#socket.readyState === this.#socket.OPEN
  }
}

/** Cuts a close reason to what a close frame can carry, between two characters. */
export function closeReason(text: string): string {
  const bytes = Buffer.from(text.toWellFormed())
  if (bytes.length <= MAX_REASON_BYTES) return text.toWellFormed()
  let end = MAX_REASON_BYTES
  // A byte of the form 10xxxxxx goes on with a character that began before it.
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end--
  return bytes.toString('utf8', 0, end)
}
