import { connect, type Socket } from 'node:net'
import { rawFrame } from '../raw-frame.ts'
import { wireRequest } from './http-request.ts'
import type { SigningAccount } from './mutated-requests.ts'
import { signedUpgrade } from './mutated-upgrades.ts'

/** What was seen of the other side's end of a socket. */
export type RawEnd = {
  /** Code of its close frame; undefined when there was none. */
  readonly code: number | undefined
  readonly by: 'end' | 'reset'
}

/** A media socket of which this side decides every byte. */
export type RawMediaSocket = {
  readonly localPort: number
  write(bytes: Uint8Array): void
  /** Sends a text message in one sound frame. */
  text(value: object): void
  /** Reads no more. */
  pause(): void
  resume(): void
  /** Sends no more, and keeps reading. */
  finish(): void
  reset(): void
  /** Codes of close frames and opcodes of all others that came so far. */
  seen(): { readonly closeCode: number | undefined; readonly frames: ReadonlyMap<number, number> }
  /** The connection is gone, whoever ended it. */
  readonly ended: Promise<RawEnd>
  destroy(): void
}

/** Opens the media socket of a call, byte by byte. @returns undefined when it is refused */
export async function openRawMedia(
  account: SigningAccount,
  nonce: string,
): Promise<RawMediaSocket | undefined> {
  const { hostname, port, host } = new URL(account.publicUrl)
  const { target, signature } = signedUpgrade(account, nonce)
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true, noDelay: true })
  const reader = new FrameReader()
  const { promise: ended, resolve: end } = Promise.withResolvers<RawEnd>()
  const over = (by: RawEnd['by']) => (): void => end({ code: reader.closeCode, by })
  socket.on('error', over('reset')).on('end', over('end')).on('close', over('end'))
  socket.write(
    wireRequest({
      method: 'GET',
      target,
      headers: [
        ['host', host],
        ['connection', 'upgrade'],
        ['upgrade', 'websocket'],
        ['sec-websocket-version', '13'],
        ['sec-websocket-key', 'AAAAAAAAAAAAAAAAAAAAAA=='],
        ['x-twilio-signature', signature],
      ],
    }),
  )
  if (!(await isUpgraded(socket, reader))) {
    socket.destroy()
    return undefined
  }
  return {
    localPort: socket.localPort ?? 0,
    write: (bytes) => void socket.write(bytes),
    text: (value) =>
      void socket.write(rawFrame({ opcode: 1, masked: true, payload: Buffer.from(JSON.stringify(value)) })),
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    finish: () => void socket.end(),
    reset: () => void socket.resetAndDestroy(),
    seen: () => ({ closeCode: reader.closeCode, frames: reader.frames }),
    ended,
    destroy: () => void socket.destroy(),
  }
}

/** Waits for the answer to the upgrade; what follows it goes to the reader. */
function isUpgraded(socket: Socket, reader: FrameReader): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  let head = Buffer.alloc(0)
  let upgraded = false
  socket.on('data', (bytes) => {
    const data = Buffer.from(bytes)
    if (upgraded) return reader.take(data)
    head = Buffer.concat([head, data])
    const end = head.indexOf('\r\n\r\n')
    if (end < 0) return
    upgraded = head.toString('latin1', 0, end).startsWith('HTTP/1.1 101 ')
    if (upgraded) reader.take(head.subarray(end + 4))
    resolve(upgraded)
  })
  socket.once('close', () => resolve(false))
  return promise
}

/** Counts the frames of a server, which are never masked. */
class FrameReader {
  readonly frames = new Map<number, number>()
  closeCode: number | undefined
  #unread = Buffer.alloc(0)

  take(bytes: Buffer): void {
    this.#unread = Buffer.concat([this.#unread, bytes])
    for (;;) {
      const [first, second] = this.#unread
      if (first === undefined || second === undefined) return
      const short = second & 0x7f
      const start = short === 126 ? 4 : short === 127 ? 10 : 2
      if (this.#unread.length < start) return
      const length =
        short === 126 ? this.#unread.readUInt16BE(2) : short === 127 ? this.#unread.readUInt32BE(6) : short
      if (this.#unread.length < start + length) return
      this.#note(first & 0x0f, this.#unread.subarray(start, start + length))
      this.#unread = this.#unread.subarray(start + length)
    }
  }

  #note(opcode: number, payload: Buffer): void {
    this.frames.set(opcode, (this.frames.get(opcode) ?? 0) + 1)
    if (opcode === 8) this.closeCode ??= payload.length >= 2 ? payload.readUInt16BE(0) : 1005
  }
}
