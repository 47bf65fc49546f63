import { base64Length, encodeBase64 } from '../audio/base64.ts'
import type { FrameShortcut } from '../lib/frame-shortcut.ts'
import { openTextFrame, releaseFrame } from '../lib/text-frame.ts'
import type { WebSocket } from 'ws'
import type { Metrics } from '../ports/metrics.ts'
import type { MediaSink } from '../ports/telephony.ts'

/** Most µ-law bytes in one outgoing message: 400 ms. */
const MAX_MEDIA_BYTES = 3_200

/** RFC 6455 §5.5: a control frame carries at most 125 bytes, two of which are the code. */
const MAX_REASON_BYTES = 123

/** More than this does not wait for the end of the turn: a prepared sentence is fifty kilobytes. */
const MAX_WAITING_BYTES = 16_384

const MEDIA_SUFFIX = Buffer.from('"}}')

/**
 * Writes the messages of one stream. Everything constant is joined once per stream. What is sent waits until it is flushed,
 * and then leaves in one piece: a delta of the model is a piece of audio with a mark behind it, and the network costs more
 * than all the rest of it. A clear waits for nothing.
 */
export class SocketSink implements MediaSink {
  readonly streamSid: string
  readonly #socket: WebSocket
  readonly #shortcut: FrameShortcut | undefined
  readonly #mediaPrefix: Buffer
  readonly #markPrefix: string
  readonly #clearMessage: string
  readonly #metrics: Metrics
  readonly #onSend: () => boolean
  readonly #onClose: () => void
  /** Frames until the next flush. */
  #waiting: Buffer[] = []
  #waitingBytes = 0
  #isOpen = true

  /**
   * @param options.shortcut takes frames as they are; without one, messages go through the websocket
   * @param options.onSend asked before every message; false means that the stream is over
   * @param options.onClose called once, when the call closes the stream
   */
  constructor(options: {
    readonly socket: WebSocket
    readonly shortcut: FrameShortcut | undefined
    readonly streamSid: string
    readonly metrics: Metrics
    readonly onSend: () => boolean
    readonly onClose: () => void
  }) {
    this.#socket = options.socket
    this.#shortcut = options.shortcut
    this.streamSid = options.streamSid
    this.#metrics = options.metrics
    this.#onSend = options.onSend
    this.#onClose = options.onClose
    const sid = JSON.stringify(options.streamSid)
    this.#mediaPrefix = Buffer.from(`{"event":"media","streamSid":${sid},"media":{"payload":"`)
    this.#markPrefix = `{"event":"mark","streamSid":${sid},"mark":{"name":`
    this.#clearMessage = `{"event":"clear","streamSid":${sid}}`
  }

  sendMedia(ulaw: Uint8Array): boolean {
    if (ulaw.length > MAX_MEDIA_BYTES) {
      throw new RangeError(`Cannot send media: ${ulaw.length} bytes is more than ${MAX_MEDIA_BYTES}`)
    }
    if (ulaw.length === 0) return this.#isWritable()
    if (!this.#canSend()) return false
    const prefix = this.#mediaPrefix
    const messageBytes = prefix.length + base64Length(ulaw.length) + MEDIA_SUFFIX.length
    const frame = openTextFrame(messageBytes)
    const from = frame.length - messageBytes
    frame.set(prefix, from)
    frame.set(MEDIA_SUFFIX, encodeBase64(ulaw, frame, from + prefix.length))
    this.#send(frame, from)
    this.#metrics.count('media_frames_out_total')
    return true
  }

  sendMark(name: string): boolean {
    return this.#sendText(`${this.#markPrefix}${JSON.stringify(name)}}}`)
  }

  clear(): boolean {
    const isSent = this.#sendText(this.#clearMessage)
    this.flush()
    return isSent
  }

  close(code: number, reason: string): void {
    if (!this.#isOpen) return
    this.flush()
    this.#isOpen = false
    this.#onClose()
    this.#socket.close(code, closeReason(reason))
  }

  bufferedBytes(): number {
    return this.#socket.bufferedAmount + this.#waitingBytes
  }

  /** From now on every method answers false. */
  end(): void {
    this.flush()
    this.#isOpen = false
  }

  #sendText(text: string): boolean {
    if (!this.#canSend()) return false
    // Only a mark's name can hold more than ASCII.
    const messageBytes = Buffer.byteLength(text)
    const frame = openTextFrame(messageBytes)
    const from = frame.length - messageBytes
    frame.write(text, from)
    this.#send(frame, from)
    return true
  }

  #send(frame: Buffer, messageFrom: number): void {
    if (!this.#shortcut) return this.#socket.send(frame.subarray(messageFrom), { binary: false })
    this.#waiting.push(frame)
    this.#waitingBytes += frame.length
    if (this.#waitingBytes > MAX_WAITING_BYTES) this.flush()
  }

  /** Sends what waits. */
  flush(): void {
    const frames = this.#waiting
    const [first] = frames
    if (first === undefined) return
    const bytes = this.#waitingBytes
    this.#waiting = []
    this.#waitingBytes = 0
    if (!this.#isWritable()) return
    if (frames.length === 1) return void this.#shortcut?.write(first)
    this.#shortcut?.write(Buffer.concat(frames, bytes))
    for (const frame of frames) releaseFrame(frame)
  }

  #canSend(): boolean {
    return this.#isWritable() && this.#onSend()
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
