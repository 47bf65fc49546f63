import { isUtf8 } from 'node:buffer'
import { IncomingMessage } from 'node:http'
import { WebSocket } from 'ws'
import type { Timer } from '../../lib/clock.ts'
import type { MemoryWire } from './memory-wire.ts'
import type { Medium, Parcel, Pipe } from './pipe.ts'
import type { HttpAnswer } from './response-reader.ts'

const NO_REASON = Buffer.alloc(0)
/** Codes of RFC 6455 §7.4.1 that no frame carries: nothing was said, and nothing came. */
const NO_STATUS = 1005
const ABNORMAL = 1006
/** What ws waits for a close frame unless told otherwise. Source: ws 8.23, lib/constants.js */
const CLOSE_TIMEOUT_MS = 30_000
/** The largest message that ws takes unless told otherwise. Source: ws 8.23, lib/websocket.js */
const MAX_PAYLOAD_BYTES = 100 * 1024 * 1024

type Limits = { readonly maxPayload?: number | undefined; readonly closeTimeout?: number | undefined }

/** The constructor of ws as its own server calls it: nothing is dialled. */
const Undialled: typeof WebSocket &
  (new (address: null, protocols: undefined, options: object) => WebSocket) = WebSocket

/**
 * A websocket without a network, of the same interface as that of ws and with its order of events: messages arrive
 * whole, later and in order; a close is answered by a close; who vanishes leaves 1006 behind. Time is the network's.
 * Source: ws 8.23, lib/websocket.js and lib/receiver.js
 */
export class MemoryWebSocket extends Undialled {
  readonly #limits: Limits
  #medium: Medium | undefined
  #wire: MemoryWire | undefined
  #in: Pipe | undefined
  #out: Pipe | undefined
  #state: 0 | 1 | 2 | 3 = WebSocket.CONNECTING
  #closeTimer: Timer | undefined
  #code = ABNORMAL
  #reason: Buffer = NO_REASON
  #isServer = true
  #hasSentClose = false
  #hasReceivedClose = false
  #hasSentEnd = false
  #isFailed = false
  #isRefused = false
  #isPaused = false

  static {
    // ws declares these as fields, and computes them from a network socket that does not exist here.
    Object.defineProperties(this.prototype, {
      readyState: {
        get(this: MemoryWebSocket) {
          return this.#state
        },
      },
      bufferedAmount: {
        get(this: MemoryWebSocket) {
          return this.#out?.unreadBytes() ?? 0
        },
      },
      isPaused: {
        get(this: MemoryWebSocket) {
          return this.#isPaused
        },
      },
    })
  }

  /** As ws itself makes them: without an address. Only a network in memory connects one. */
  constructor(_address: string | URL | null, _protocols?: unknown, options?: unknown) {
    super(null, undefined, {})
    this.#limits = typeof options === 'object' && options !== null ? options : {}
  }

  /** The client's end: open once the server accepts. */
  connect(wire: MemoryWire): void {
    this.#join(wire)
    this.#isServer = false
    this.#in = wire.toClient
    this.#out = wire.toServer
  }

  /** The server's end, as the server of ws calls it when it has accepted an upgrade. */
  setSocket(wire: MemoryWire): void {
    this.#join(wire)
    this.#in = wire.toServer
    this.#out = wire.toClient
    this.#state = WebSocket.OPEN
    wire.accept(this)
  }

  /** Takes what came over the wire. */
  receive(parcel: Parcel): void {
    switch (parcel.kind) {
      case 'accepted':
        return this.#onAccepted()
      case 'refused':
        return this.#onRefused(parcel.answer)
      case 'message':
        return this.#onMessage(parcel)
      case 'ping':
        if (this.#state === WebSocket.OPEN) this.#out?.send({ kind: 'pong', data: parcel.data })
        this.emit('ping', parcel.data)
        return
      case 'pong':
        this.emit('pong', parcel.data)
        return
      case 'close':
        return this.#onClose(parcel)
      case 'end':
        return this.#onEnd()
    }
  }

  override send(data: unknown, options?: unknown, callback?: unknown): void {
    if (this.#state === WebSocket.CONNECTING)
      throw new Error('WebSocket is not open: readyState 0 (CONNECTING)')
    const done = typeof options === 'function' ? options : callback
    if (this.#state === WebSocket.OPEN) {
      const text = typeof data === 'string' || Buffer.isBuffer(data) ? data : String(data)
      this.#out?.send({ kind: 'message', data: text, isBinary: isSentAsBinary(text, options) })
    }
    if (isCallback(done)) this.#medium?.post(() => done())
  }

  override ping(data?: unknown): void {
    if (this.#state === WebSocket.OPEN) this.#out?.send({ kind: 'ping', data: bytesOf(data) })
  }

  override pong(data?: unknown): void {
    if (this.#state === WebSocket.OPEN) this.#out?.send({ kind: 'pong', data: bytesOf(data) })
  }

  override close(code = NO_STATUS, data?: string | Buffer): void {
    switch (this.#state) {
      case WebSocket.CONNECTING:
        return this.#abortHandshake()
      case WebSocket.OPEN:
        this.#state = WebSocket.CLOSING
        this.#hasSentClose = true
        this.#out?.send({ kind: 'close', code, reason: bytesOf(data) })
        this.#closeTimer = this.#medium?.clock.setTimer(this.#limits.closeTimeout ?? CLOSE_TIMEOUT_MS, () =>
          this.#destroy(),
        )
        return this.#endIfClosed()
      case WebSocket.CLOSING:
      case WebSocket.CLOSED:
    }
  }

  override terminate(): void {
    if (this.#state === WebSocket.CONNECTING) this.#abortHandshake()
    else if (this.#state !== WebSocket.CLOSED) this.#destroy()
  }

  override pause(): void {
    if (this.#state === WebSocket.CONNECTING || this.#state === WebSocket.CLOSED) return
    this.#isPaused = true
    this.#in?.pause()
  }

  override resume(): void {
    if (this.#state === WebSocket.CONNECTING || this.#state === WebSocket.CLOSED) return
    this.#isPaused = false
    this.#in?.resume()
  }

  /** The connection could not be made: an error, then the close, as ws tells it. */
  fail(error: Error): void {
    if (this.#state !== WebSocket.CONNECTING) return
    this.#state = WebSocket.CLOSING
    this.emit('error', error)
    this.#closed()
  }

  #join(wire: MemoryWire): void {
    this.#wire = wire
    this.#medium = wire.medium
    // A server's end lives as long as its wire.
    wire.once('close', () => {
      if (this.#isServer && this.#state !== WebSocket.CLOSED) this.#destroy()
    })
  }

  #onAccepted(): void {
    if (this.#state !== WebSocket.CONNECTING) return
    this.#state = WebSocket.OPEN
    this.emit('open')
  }

  #onRefused({ status, headers, body }: HttpAnswer): void {
    if (this.#state !== WebSocket.CONNECTING || !this.#wire) return
    if (this.listenerCount('unexpected-response') === 0) {
      return this.fail(new Error(`Unexpected server response: ${status}`))
    }
    // Whoever listens for a refusal ends the socket too: until then it stays as it is.
    this.#isRefused = true
    const response = new IncomingMessage(this.#wire)
    response.statusCode = status
    response.headers = headers
    response.push(body)
    response.push(null)
    this.emit('unexpected-response', this.#wire, response)
  }

  #onMessage({ data, isBinary }: Extract<Parcel, { kind: 'message' }>): void {
    if (this.#hasReceivedClose || this.#isFailed || this.#state === WebSocket.CLOSED) return
    const bytes = typeof data === 'string' ? Buffer.from(data) : data
    if (bytes.length > (this.#limits.maxPayload ?? MAX_PAYLOAD_BYTES)) {
      return this.#break('WS_ERR_UNSUPPORTED_MESSAGE_LENGTH', 1009)
    }
    if (!isBinary && typeof data !== 'string' && !isUtf8(data))
      return this.#break('WS_ERR_INVALID_UTF8', 1007)
    this.emit('message', bytes, isBinary)
  }

  /** The other end broke the protocol: it is told so, and nothing of it is read any more. */
  #break(code: string, closeCode: number): void {
    this.#isFailed = true
    this.close(closeCode)
    this.emit('error', Object.assign(new RangeError(`Invalid WebSocket frame: ${code}`), { code }))
  }

  #onClose({ code, reason }: Extract<Parcel, { kind: 'close' }>): void {
    if (this.#hasReceivedClose || this.#isFailed || this.#state === WebSocket.CLOSED) return
    this.#hasReceivedClose = true
    this.#code = code
    this.#reason = reason
    if (this.#state === WebSocket.OPEN) this.close(code, reason)
    this.#endIfClosed()
  }

  #onEnd(): void {
    if (this.#state === WebSocket.CONNECTING) {
      if (this.#isRefused) return
      return this.fail(Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }))
    }
    if (this.#state === WebSocket.CLOSED) return
    this.#state = WebSocket.CLOSING
    this.#sendEnd()
    this.#closed()
  }

  /** Both have said goodbye, or there is nobody to wait for: nothing more is sent. */
  #endIfClosed(): void {
    if (this.#hasSentClose && (this.#hasReceivedClose || this.#isFailed)) this.#sendEnd()
  }

  #sendEnd(): void {
    if (this.#hasSentEnd) return
    this.#hasSentEnd = true
    this.#out?.send({ kind: 'end' })
  }

  #abortHandshake(): void {
    const message = 'WebSocket was closed before the connection was established'
    this.#sendEnd()
    this.#medium?.post(() => this.fail(new Error(message)))
  }

  /** Ends at once: what was sent still arrives, what comes is not read. */
  #destroy(): void {
    if (this.#state === WebSocket.CLOSED) return
    this.#state = WebSocket.CLOSING
    this.#sendEnd()
    this.#in?.break()
    this.#medium?.post(() => this.#closed())
  }

  #closed(): void {
    if (this.#state === WebSocket.CLOSED) return
    this.#state = WebSocket.CLOSED
    this.#closeTimer?.cancel()
    this.#in?.break()
    if (this.#isServer) this.#wire?.destroy()
    else this.#wire?.clientGone()
    this.emit('close', this.#code, this.#reason)
  }
}

function isSentAsBinary(data: string | Buffer, options: unknown): boolean {
  const asked: unknown =
    typeof options === 'object' && options !== null ? Reflect.get(options, 'binary') : undefined
  return typeof asked === 'boolean' ? asked : typeof data !== 'string'
}

function bytesOf(data: unknown): Buffer {
  return Buffer.isBuffer(data) ? data : typeof data === 'string' ? Buffer.from(data) : NO_REASON
}

function isCallback(value: unknown): value is () => void {
  return typeof value === 'function'
}
