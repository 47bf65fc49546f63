import type { IncomingMessage } from 'node:http'
import { type ClientOptions, WebSocket } from 'ws'
import type { Clock, Timer } from '../lib/clock.ts'
import { FrameShortcut, type TextReceiver } from '../lib/frame-shortcut.ts'
import { connectInPlace } from '../lib/read-in-place.ts'
import { maskedFrameOf, maxFrameMessageBytes } from '../lib/text-frame.ts'
import { encodeAppend, encodeAppendFrame } from './client-codec.ts'
import { safeCode } from './errors.ts'
import type { SocketEnd } from './errors.ts'
import { jsonField } from './json-field.ts'

/** Largest message taken from the provider. */
export const maxMessageBytes = 1024 * 1024
/** What the provider can make us hold besides one message; the types of ws do not know them yet. */
const bounds = {
  /** Frames in which one message comes. */
  maxFragments: 1_024,
  /** Parts in which the network delivers one frame. */
  maxBufferedChunks: 4_096,
  /** Pings of which the provider has not read the answers. */
  maxPendingAutoPongs: 64,
}
/** How long the answer to our close frame is waited for. */
export const closeGraceMs = 2_000
const maxRefusalBytes = 4_096

/** What a socket tells its owner. `onEnd` comes exactly once and last, unless the owner closed it first. */
export interface SocketListener {
  onOpen(): void
  /** @param message valid until this returns */
  onMessage(message: Buffer, isBinary: boolean): void
  /** A ping or a pong came: nothing to do, but somebody may count them. */
  onSignOfLife(): void
  /**
   * Takes a message only if it knows it byte for byte, and so to be ASCII; otherwise answers false and has done nothing.
   * Without this method all messages come as any other.
   * @param bytes hold the message from `from` to `end`
   */
  onKnown?(bytes: Buffer, from: number, end: number): boolean
  onEnd(end: SocketEnd): void
}

/** How a websocket is dialled: as ws does it, unless somebody else knows a way. */
export type Dial = (url: string, options: ClientOptions) => WebSocket

/** Where and how to connect. The headers hold the key: they are never logged and in no error. */
export type SocketOptions = {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly handshakeTimeoutMs: number
  readonly pingIntervalMs: number
  readonly dial?: Dial | undefined
  readonly clock: Clock
  readonly listener: SocketListener
}

/**
 * One websocket to the provider: bounded handshake, bounded messages, no compression, signs of life asked for.
 * Nothing of it throws; every end is told in one word.
 */
export class RealtimeSocket implements TextReceiver {
  readonly #socket: WebSocket
  readonly #options: SocketOptions
  #timer: Timer
  #opened = false
  #alive = true
  #ended = false
  #refusal: SocketEnd | undefined
  #network: unknown
  #shortcut: FrameShortcut | undefined

  constructor(options: SocketOptions) {
    this.#options = options
    const { dial = dialNetwork } = options
    this.#socket = dial(options.url, {
      headers: options.headers,
      maxPayload: maxMessageBytes,
      perMessageDeflate: false,
      followRedirects: false,
      ...bounds,
    })
    this.#timer = options.clock.setTimer(options.handshakeTimeoutMs, () =>
      this.#abort(this.#refusal ?? { kind: 'handshakeTimeout' }),
    )
    this.#socket.on('upgrade', (response) => (this.#network = response.socket))
    this.#socket.on('open', () => this.#onOpen())
    this.#socket.on('message', (data, isBinary) => this.#onMessage(data, isBinary))
    this.#socket.on('ping', () => this.#onSignOfLife())
    this.#socket.on('pong', () => this.#onSignOfLife())
    this.#socket.on('unexpected-response', (_, response) => this.#onRefusal(response))
    // INVARIANT: an error listener stays for life; without one an oversized frame would end the process.
    this.#socket.on('error', (error) => this.#onError(error))
    this.#socket.on('close', (code, reason) => this.#onClose(code, reason))
  }

  /** @returns false when there is no open connection to take it; the copy on the wire is made before this returns */
  send(message: string | Buffer): boolean {
    if (this.#ended || this.#socket.readyState !== WebSocket.OPEN) return false
    const shortcut = this.#shortcut
    const frame = shortcut?.isOpen() ? maskedFrameOf(message) : undefined
    if (frame) shortcut?.write(frame)
    else this.#socket.send(message, { binary: false })
    return true
  }

  /**
   * Sends caller audio in the session's input format.
   * @returns `unread` when it was sent and more than a little waits for the network, `closed` when it was not
   */
  sendAudio(audio: Uint8Array): 'sent' | 'unread' | 'closed' {
    const shortcut = this.#shortcut
    const frame = shortcut && encodeAppendFrame(audio)
    if (!frame) return this.send(encodeAppend(audio)) ? 'unread' : 'closed'
    if (this.#ended || !shortcut.isOpen()) return 'closed'
    return shortcut.write(frame) ? 'sent' : 'unread'
  }

  onKnown(bytes: Buffer, from: number, end: number): boolean {
    if (this.#ended || !this.#options.listener.onKnown?.(bytes, from, end)) return false
    this.#alive = true
    return true
  }

  onText(message: Buffer): void {
    this.#onMessage(message, false)
  }

  /** Bytes given to `send` that the network has not taken yet. */
  bufferedBytes(): number {
    return this.#socket.bufferedAmount
  }

  /** Says goodbye with 1000; nothing is told to the listener any more. */
  close(): void {
    if (this.#ended) return
    this.#ended = true
    this.#socket.close(1000)
    this.#cutAfterGrace()
  }

  /** Ends at once without a goodbye; nothing is told to the listener any more. */
  terminate(): void {
    if (this.#ended) return
    this.#ended = true
    this.#timer.cancel()
    this.#socket.terminate()
  }

  #onOpen(): void {
    this.#opened = true
    if (this.#ended) return
    this.#shortcut = FrameShortcut.into({
      websocket: this.#socket,
      socket: this.#network,
      peerMasks: false,
      maxBytes: maxFrameMessageBytes,
      receiver: this,
    })
    this.#timer.cancel()
    this.#askForLife()
    this.#options.listener.onOpen()
  }

  #onMessage(data: unknown, isBinary: boolean): void {
    this.#alive = true
    if (!this.#ended && Buffer.isBuffer(data)) this.#options.listener.onMessage(data, isBinary)
  }

  #onSignOfLife(): void {
    this.#alive = true
    if (!this.#ended) this.#options.listener.onSignOfLife()
  }

  #askForLife(): void {
    this.#timer = this.#options.clock.setTimer(this.#options.pingIntervalMs, () => {
      if (!this.#alive) return this.#abort({ kind: 'unresponsive' })
      this.#alive = false
      if (this.#socket.readyState === WebSocket.OPEN) this.#socket.ping()
      this.#askForLife()
    })
  }

  /** Reads at most a few kilobytes of the answer for its error code, within the handshake's time. */
  #onRefusal(response: IncomingMessage): void {
    const status = response.statusCode ?? 0
    const parts: Buffer[] = []
    let bytes = 0
    const finish = () => {
      const code = refusalCode(Buffer.concat(parts))
      this.#abort({ kind: 'refused', status, ...(code && { code }) })
    }
    this.#refusal = { kind: 'refused', status }
    response.on('data', (part: Buffer) => {
      bytes += part.length
      if (bytes <= maxRefusalBytes) parts.push(part)
      else finish()
    })
    response.on('end', finish)
    response.on('error', finish)
    response.on('close', finish)
  }

  #onError(error: Error): void {
    const code = errorCode(error)
    // Before the handshake is over an error is the end; after it only a broken protocol is told by name, for a
    // broken network is followed by 'close'.
    if (code.startsWith('WS_ERR_')) {
      this.#end({ kind: 'protocol', code })
      this.#cutAfterGrace()
    } else if (!this.#opened) {
      this.#end({ kind: 'unreachable', code })
    }
  }

  #onClose(code: number, reason: Buffer): void {
    this.#end({ kind: 'closed', code, reason: reason.toString('utf8') })
    this.#timer.cancel()
  }

  #abort(end: SocketEnd): void {
    if (this.#ended) return
    this.terminate()
    this.#options.listener.onEnd(end)
  }

  #end(end: SocketEnd): void {
    if (this.#ended) return
    this.#ended = true
    this.#timer.cancel()
    this.#options.listener.onEnd(end)
  }

  #cutAfterGrace(): void {
    this.#timer.cancel()
    if (this.#socket.readyState === WebSocket.CLOSED) return
    this.#timer = this.#options.clock.setTimer(closeGraceMs, () => this.#socket.terminate())
  }
}

function dialNetwork(url: string, options: ClientOptions): WebSocket {
  return new WebSocket(url, { ...options, createConnection: () => connectInPlace(url) })
}

/** Node's and ws's own codes only; messages of errors are never repeated. */
function errorCode(error: Error): string {
  const code: unknown = 'code' in error ? error.code : undefined
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{2,63}$/.test(code) ? code : 'HANDSHAKE_FAILED'
}

function refusalCode(body: Buffer): string | undefined {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'))
    return safeCode(jsonField(value, 'error', 'code'))
  } catch {
    return undefined
  }
}
