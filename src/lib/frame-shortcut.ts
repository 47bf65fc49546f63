import { isUtf8 } from 'node:buffer'
import { Socket } from 'node:net'
import { FrameBoundary } from './frame-boundary.ts'
import { maskBytes } from './text-frame.ts'

/** A whole text message, uncompressed: FIN and the opcode of text. */
const WHOLE_TEXT = 0x81
const MASKED = 0x80
const TWO_LENGTH_BYTES = 126

/** As much of a websocket of the ws package as is needed to stand in its way. */
type AnyWebSocket = { on(event: 'error', listener: () => void): unknown }

/** Between whom a shortcut is, and what it does with a message. */
export type ShortcutOptions = {
  readonly websocket: AnyWebSocket
  /** What the websocket reads from and writes to. */
  readonly socket: unknown
  /** True at a server, whose peer has to mask what it sends. */
  readonly peerMasks: boolean
  /** A longer message goes the ordinary way, where it meets the limit. At most 65,535 make sense. */
  readonly maxBytes: number
  /** Takes a message in place of the websocket's own event. Valid until it returns. */
  readonly onText: (message: Buffer) => void
}

/**
 * A way past the parser of the ws package for the messages of which there are thousands: whole text messages that
 * arrive whole. They are taken from the chunk in which they came, while everything else (fragments, control frames,
 * long, split or broken ones) is left to ws, byte for byte and in order. So ws keeps the last word on what a protocol
 * error is, and a message costs a third of what it costs through its streams and events.
 *
 * INVARIANT: ws is handed bytes only from a message's beginning on, and gets them all until the next one begins; so its
 * own parser is always where it would be had there been no shorter way.
 */
export class FrameShortcut {
  readonly #socket: Socket
  readonly #options: ShortcutOptions
  readonly #boundary = new FrameBoundary()
  readonly #onData: (this: Socket, chunk: Buffer) => void
  #isOver = false

  private constructor(socket: Socket, options: ShortcutOptions & { onData: (chunk: Buffer) => void }) {
    this.#socket = socket
    this.#options = options
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
    socket.on('data', (chunk: Buffer) => shortcut.#take(chunk))
    socket.off('data', onData)
    // After an error ws reads on only to find the end, and so does this.
    websocket.on('error', () => (shortcut.#isOver = true))
    return shortcut
  }

  /** Sends a frame that is complete, behind everything that was sent before. The bytes are kept until they are gone. */
  write(frame: Buffer): void {
    this.#socket.write(frame)
  }

  #take(chunk: Buffer): void {
    if (this.#isOver) return
    let at = 0
    if (this.#boundary.isBetweenMessages()) {
      for (let end = this.#takeMessage(chunk, at); end > 0; end = this.#takeMessage(chunk, at)) at = end
    }
    if (at === chunk.length || this.#isOver) return
    const rest = at === 0 ? chunk : chunk.subarray(at)
    this.#boundary.pass(rest)
    this.#onData.call(this.#socket, rest)
    if (this.#boundary.hasClosed()) this.#isOver = true
  }

  /** @returns where the message that begins at `at` ends, or 0 when it is none for this way */
  #takeMessage(chunk: Buffer, at: number): number {
    const { peerMasks, maxBytes, onText } = this.#options
    const second = chunk[at + 1] ?? 0
    if (chunk[at] !== WHOLE_TEXT || second >= MASKED !== peerMasks) return 0
    const short = second & ~MASKED
    if (short > TWO_LENGTH_BYTES) return 0
    const isLong = short === TWO_LENGTH_BYTES
    const bytes = isLong ? ((chunk[at + 2] ?? 0) << 8) | (chunk[at + 3] ?? 0) : short
    const from = at + (isLong ? 4 : 2) + (peerMasks ? 4 : 0)
    const end = from + bytes
    if (end > chunk.length || bytes > maxBytes || bytes === 0) return 0
    if (peerMasks) maskBytes(chunk, from, end)
    const message = chunk.subarray(from, end)
    if (!isUtf8(message)) {
      // As it came: ws closes with the code that belongs to it.
      if (peerMasks) maskBytes(chunk, from, end)
      return 0
    }
    onText(message)
    return end
  }
}

function isListener(found: unknown): found is (chunk: Buffer) => void {
  return typeof found === 'function'
}
