import { isUtf8 } from 'node:buffer'
import { Socket } from 'node:net'
import { takeInPlace } from './read-in-place.ts'
import { FrameBoundary } from './frame-boundary.ts'
import { maskBytes, releaseFrame } from './text-frame.ts'

/** A whole text message, uncompressed: FIN and the opcode of text. */
const WHOLE_TEXT = 0x81
const MASKED = 0x80
const TWO_LENGTH_BYTES = 126

/** As much of a websocket of the ws package as is needed to stand in its way. */
type AnyWebSocket = { on(event: 'error', listener: () => void): unknown }

/** Takes messages in place of the websocket's own event. Their bytes are valid until it returns. */
export interface TextReceiver {
  /**
   * Takes a message that it knows byte for byte, and so to be ASCII; otherwise answers false and has done nothing.
   * @param bytes hold the message from `from` to `end`
   */
  onKnown(bytes: Buffer, from: number, end: number): boolean
  /** Takes any other message, which is valid UTF-8. */
  onText(message: Buffer): void
}

/** Between whom a shortcut is. */
export type ShortcutOptions = {
  readonly websocket: AnyWebSocket
  /** What the websocket reads from and writes to. */
  readonly socket: unknown
  /** True at a server, whose peer has to mask what it sends. */
  readonly peerMasks: boolean
  /** A longer message goes the ordinary way, where it meets the limit. At most 65,535 make sense. */
  readonly maxBytes: number
  readonly receiver: TextReceiver
}

/**
 * A way past the streams and events of the ws package for the messages of which there are thousands: whole text messages
 * that arrive whole. They are taken from the chunk in which they came, while everything else (fragments, control frames,
 * long, split or broken ones) is left to ws, byte for byte and in order. So ws keeps the last word on what a protocol
 * error is.
 *
 * INVARIANT: ws is handed bytes only from a message's beginning on, and gets them all until the next one begins; so its
 * own parser is always where it would be had there been no shorter way.
 */
export class FrameShortcut {
  // Fields and not an object of options: with many calls each object is a walk to far memory, fifty times a second.
  readonly #socket: Socket
  readonly #peerMasks: boolean
  readonly #maxBytes: number
  readonly #receiver: TextReceiver
  /** What ws does with bytes. */
  readonly #onData: (this: Socket, chunk: Buffer) => void
  readonly #boundary = new FrameBoundary()
  /** As the boundary says; asked of it only when it has moved. */
  #isBetween = true
  #isOver = false

  private constructor(socket: Socket, options: ShortcutOptions & { onData: (chunk: Buffer) => void }) {
    this.#socket = socket
    this.#peerMasks = options.peerMasks
    this.#maxBytes = options.maxBytes
    this.#receiver = options.receiver
    this.#onData = options.onData
  }

  /**
   * Puts a shortcut into an open websocket.
   * @returns undefined where there is no network socket, or more listens to it than ws does: all goes the ordinary way
   */
  static into(options: ShortcutOptions): FrameShortcut | undefined {
    const { socket, websocket } = options
    if (!(socket instanceof Socket)) return undefined
    const [onData, ...others] = socket.listeners('data')
    if (!isListener(onData) || others.length > 0) return undefined
    const shortcut = new FrameShortcut(socket, { ...options, onData })
    socket.on('data', (chunk: Buffer) => shortcut.#take(chunk, chunk.length))
    socket.off('data', onData)
    takeInPlace(socket, (memory, bytes) => shortcut.#take(memory, bytes))
    // After an error ws reads on only to find the end, and so does this.
    websocket.on('error', () => (shortcut.#isOver = true))
    return shortcut
  }

  /** False once the other side has said goodbye, or broken the protocol. What we have closed ourselves it does not know. */
  isOpen(): boolean {
    return !this.#isOver
  }

  /**
   * Sends a frame that is complete, behind everything that was sent before. The frame is no longer its maker's.
   * @returns false when more waits to be read by the other side than the socket itself likes to hold
   */
  write(frame: Buffer): boolean {
    const hasRoom = this.#socket.write(frame)
    // Nothing waits: the network has its copy already.
    if (this.#socket.writableLength === 0) releaseFrame(frame)
    return hasRoom
  }

  /** @param bytes how many at the beginning of the chunk have come */
  #take(chunk: Buffer, bytes: number): void {
    if (this.#isOver) return
    let at = 0
    while (this.#isBetween && at < bytes) {
      const end = this.#takeMessage(chunk, at, bytes)
      if (end === 0) break
      at = end
    }
    if (at === bytes || this.#isOver) return
    const rest = chunk.subarray(at, bytes)
    this.#boundary.pass(rest)
    this.#isBetween = this.#boundary.isBetweenMessages()
    // ws keeps what is not a whole message yet, and the chunk may be memory that the next read writes to.
    this.#onData.call(this.#socket, Buffer.from(rest))
    if (this.#boundary.hasClosed()) this.#isOver = true
  }

  /**
   * What lies behind the end of the chunk is of an earlier time. It may be read, but not taken: a message that is not whole
   * ends behind there, too.
   * @returns where the message that begins at `at` ends, or 0 when it is none for this way
   */
  #takeMessage(chunk: Buffer, at: number, chunkEnd: number): number {
    const second = chunk[at + 1] ?? 0
    if (chunk[at] !== WHOLE_TEXT || second >= MASKED !== this.#peerMasks) return 0
    const short = second & ~MASKED
    if (short > TWO_LENGTH_BYTES) return 0
    const isLong = short === TWO_LENGTH_BYTES
    const bytes = isLong ? ((chunk[at + 2] ?? 0) << 8) | (chunk[at + 3] ?? 0) : short
    const from = at + (isLong ? 4 : 2) + (this.#peerMasks ? 4 : 0)
    const end = from + bytes
    if (end > chunkEnd || bytes > this.#maxBytes || bytes === 0) return 0
    if (this.#peerMasks) maskBytes(chunk, from, end)
    if (this.#receiver.onKnown(chunk, from, end)) return end
    const message = chunk.subarray(from, end)
    if (!isUtf8(message)) {
      // As it came: ws closes with the code that belongs to it.
      if (this.#peerMasks) maskBytes(chunk, from, end)
      return 0
    }
    this.#receiver.onText(message)
    return end
  }
}

function isListener(found: unknown): found is (chunk: Buffer) => void {
  return typeof found === 'function'
}
