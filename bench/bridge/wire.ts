import { createHash, randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

/**
 * As much of RFC 6455 as two benchmarked servers speak with their load: text frames, whole, no extension. The load has to
 * be cheaper than what it loads, and a full library on its side would share the processor with the result.
 */
export type Frame = {
  readonly opcode: number
  /** As it stands on the wire; valid until the handler returns. */
  readonly payload: Buffer
  /** The key with which the payload is masked, if it is. */
  readonly mask: Buffer | undefined
}

export const TEXT = 1
const CLOSE = 8
const PING = 9
const PONG = 10
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

/** Cuts a stream of bytes into frames. */
export class FrameReader {
  #rest: Buffer | undefined

  read(chunk: Buffer, onFrame: (frame: Frame) => void): void {
    const bytes = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk])
    let at = 0
    for (let end = frameEnd(bytes, at); end >= 0; end = frameEnd(bytes, at)) {
      onFrame(frameAt(bytes, at, end))
      at = end
    }
    // A copy: the chunk may be a buffer that the next read overwrites.
    this.#rest = at === bytes.length ? undefined : Buffer.from(bytes.subarray(at))
  }
}

/** Where the frame that begins at `at` ends, or -1 when it is not all there. */
function frameEnd(bytes: Buffer, at: number): number {
  if (bytes.length < at + 2) return -1
  const short = (bytes[at + 1] ?? 0) & 0x7f
  const headerBytes = 2 + (short === 126 ? 2 : short === 127 ? 8 : 0)
  if (bytes.length < at + headerBytes) return -1
  const maskBytes = ((bytes[at + 1] ?? 0) & 0x80) === 0 ? 0 : 4
  const payloadBytes =
    short === 126 ? bytes.readUInt16BE(at + 2) : short === 127 ? bytes.readUInt32BE(at + 6) : short
  const end = at + headerBytes + maskBytes + payloadBytes
  return bytes.length < end ? -1 : end
}

function frameAt(bytes: Buffer, at: number, end: number): Frame {
  const second = bytes[at + 1] ?? 0
  const short = second & 0x7f
  const maskAt = at + 2 + (short === 126 ? 2 : short === 127 ? 8 : 0)
  const isMasked = (second & 0x80) !== 0
  return {
    opcode: (bytes[at] ?? 0) & 0x0f,
    mask: isMasked ? bytes.subarray(maskAt, maskAt + 4) : undefined,
    payload: bytes.subarray(isMasked ? maskAt + 4 : maskAt, end),
  }
}

/** The first so many bytes of a frame's payload as text; all of them by default. */
export function textOf({ payload, mask }: Frame, bytes = payload.length): string {
  if (mask === undefined) return payload.toString('utf8', 0, bytes)
  const plain = Buffer.from(payload.subarray(0, bytes))
  for (let at = 0; at < plain.length; at++) plain[at] = (plain[at] ?? 0) ^ (mask[at & 3] ?? 0)
  return plain.toString()
}

/**
 * A text frame as bytes.
 * @param mask given by a client
 */
export function textFrame(text: string, mask?: Buffer): Buffer {
  const length = Buffer.byteLength(text)
  const lengthBytes = length > 0xffff ? 8 : length > 125 ? 2 : 0
  const from = 2 + lengthBytes + (mask ? 4 : 0)
  const bytes = Buffer.allocUnsafe(from + length)
  bytes[0] = 0x80 | TEXT
  bytes[1] = (mask ? 0x80 : 0) | (lengthBytes === 8 ? 127 : lengthBytes === 2 ? 126 : length)
  if (lengthBytes === 2) bytes.writeUInt16BE(length, 2)
  if (lengthBytes === 8) bytes.writeBigUInt64BE(BigInt(length), 2)
  bytes.write(text, from)
  if (mask) {
    bytes.set(mask, from - 4)
    for (let at = 0; at < length; at++) {
      bytes[from + at] = (bytes[from + at] ?? 0) ^ (mask[at & 3] ?? 0)
    }
  }
  return bytes
}

/** One side of a websocket. Answers pings, and ends when the other side says goodbye. */
export class Wire {
  readonly #socket: Duplex
  readonly #mask: Buffer | undefined
  readonly #reader = new FrameReader()
  readonly #onText: (frame: Frame) => void
  readonly #onClose: (code: number) => void
  #isOpen = true

  /** @param options.mask the key of a client: the same for all its frames, as its value costs nothing */
  constructor(options: {
    readonly socket: Duplex
    readonly mask?: Buffer
    readonly onText: (frame: Frame) => void
    readonly onClose: (code: number) => void
  }) {
    this.#socket = options.socket
    this.#mask = options.mask
    this.#onText = options.onText
    this.#onClose = options.onClose
    this.#socket.on('error', () => this.#end(1006))
    this.#socket.on('close', () => this.#end(1006))
  }

  isOpen(): boolean {
    return this.#isOpen
  }

  /** Takes what the socket has read. */
  received(chunk: Buffer): void {
    this.#reader.read(chunk, (frame) => this.#onFrame(frame))
  }

  send(text: string): void {
    if (this.#isOpen) this.#socket.write(textFrame(text, this.#mask))
  }

  /** Sends bytes that are a frame already. */
  sendFrame(frame: Buffer): void {
    if (this.#isOpen) this.#socket.write(frame)
  }

  /** Says goodbye and ends. */
  close(): void {
    if (!this.#isOpen) return
    this.#socket.end(control(CLOSE, Buffer.from([0x03, 0xe8]), this.#mask))
    this.#end(1000)
  }

  #onFrame(frame: Frame): void {
    if (frame.opcode === TEXT) return this.#onText(frame)
    if (frame.opcode === PING) this.#socket.write(control(PONG, Buffer.alloc(0), this.#mask))
    if (frame.opcode !== CLOSE) return
    const code = frame.payload.length < 2 ? 1005 : Buffer.from(textOf(frame), 'latin1').readUInt16BE(0)
    this.#socket.end(control(CLOSE, Buffer.from([0x03, 0xe8]), this.#mask))
    this.#end(code)
  }

  #end(code: number): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#onClose(code)
  }
}

function control(opcode: number, payload: Buffer, mask: Buffer | undefined): Buffer {
  if (!mask) return Buffer.concat([Buffer.from([0x80 | opcode, payload.length]), payload])
  const masked = payload.map((byte, at) => byte ^ (mask[at & 3] ?? 0))
  return Buffer.concat([Buffer.from([0x80 | opcode, 0x80 | payload.length]), mask, masked])
}

/** One buffer for all client sockets: a chunk is taken apart before the next one is read. */
const readBuffer = Buffer.alloc(256 * 1024)

/**
 * Opens a websocket as a client does.
 * @throws Error when the server answers anything but 101
 */
export async function openWire(options: {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly onText: (frame: Frame) => void
  readonly onClose: (code: number) => void
}): Promise<Wire> {
  const { url, headers, onText, onClose } = options
  const { promise, resolve, reject } = Promise.withResolvers<Wire>()
  let answer = ''
  let wire: Wire | undefined
  const socket: Socket = connect({
    host: url.hostname,
    port: Number(url.port),
    noDelay: true,
    onread: {
      buffer: readBuffer,
      callback: (bytes: number, buffer: Uint8Array) => {
        const chunk = Buffer.from(buffer.buffer, buffer.byteOffset, bytes)
        if (wire) wire.received(chunk)
        else onAnswer(chunk)
        return true
      },
    },
  })
  function onAnswer(chunk: Buffer): void {
    answer += chunk.toString('latin1')
    const end = answer.indexOf('\r\n\r\n')
    if (end < 0) return
    if (!answer.startsWith('HTTP/1.1 101')) return reject(new Error(`Not upgraded: ${answer.slice(0, 60)}`))
    wire = new Wire({ socket, mask: randomBytes(4), onText, onClose })
    resolve(wire)
    if (answer.length > end + 4) wire.received(Buffer.from(answer.slice(end + 4), 'latin1'))
  }
  socket.once('error', reject)
  const lines = {
    Host: url.host,
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
    ...headers,
  }
  const head = Object.entries(lines).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.write(`GET ${url.pathname}${url.search} HTTP/1.1\r\n${head.join('')}\r\n`)
  return promise
}

/** Accepts the upgrade of a request that a server has handed over. */
export function acceptWire(options: {
  readonly request: IncomingMessage
  readonly socket: Duplex
  readonly onText: (frame: Frame) => void
  readonly onClose: (code: number) => void
}): Wire {
  const { request, socket, onText, onClose } = options
  const key = request.headers['sec-websocket-key'] ?? ''
  const accept = createHash('sha1')
    .update(key + GUID)
    .digest('base64')
  const wire = new Wire({ socket, onText, onClose })
  socket.on('data', (chunk: Buffer) => wire.received(chunk))
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  )
  return wire
}
