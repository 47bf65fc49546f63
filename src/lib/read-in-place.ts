import { Socket } from 'node:net'
import type { SocketConstructorOpts } from 'node:net'
import type { Duplex } from 'node:stream'

/** What all sockets here read into: one is read at a time, and what came is taken before the next one is. */
const memory = Buffer.allocUnsafe(65_536)

/** Takes what a socket has read; its bytes are valid until this returns, and may be changed. */
type Take = (chunk: Buffer) => void

/** The sockets that read into the memory above, each with who takes what it reads in place of its stream. */
const takers = new WeakMap<Socket, { take: Take | undefined }>()

/**
 * Moves a connection to a socket that reads into memory it has already: Node makes a buffer and several objects for each
 * read of an ordinary one, which for small messages is most of what they cost. Until somebody takes its bytes in place
 * it is a stream like any other, and `write` and all else is what it was.
 *
 * To Node this is its own option `onread`; that a connection can be handed from one socket to another is known, but not
 * documented (ADR 0014). Where it is not to be had, or bytes have been read that nobody has taken yet, nothing is moved.
 * @returns the socket to go on with: a new one, or the one that was given. The given one ends with the new one
 */
export function readInPlace(socket: Duplex): Duplex {
  const handle = handleOf(socket)
  if (!(socket instanceof Socket) || !handle || socket.readableLength > 0) return socket
  const taker: { take: Take | undefined } = { take: undefined }
  const options: Omit<SocketConstructorOpts, 'handle'> & { readonly handle: object } = {
    handle,
    allowHalfOpen: socket.allowHalfOpen,
    onread: {
      buffer: memory,
      callback: (bytes) => {
        const chunk = memory.subarray(0, bytes)
        // What still waits in the stream goes first.
        if (!taker.take || moved.readableLength > 0) return moved.push(Buffer.from(chunk))
        taker.take(chunk)
        return true
      },
    },
  }
  // INVARIANT: the handle has one owner: whatever happens to the old socket from here on cannot reach the connection.
  Reflect.set(socket, '_handle', null)
  const moved = new Socket(options as SocketConstructorOpts)
  takers.set(moved, taker)
  moved.once('close', () => socket.destroy())
  return moved
}

/**
 * Takes what a socket reads before its stream does.
 * @returns false where it is an ordinary one, whose stream has everything
 */
export function takeInPlace(socket: Socket, take: Take): boolean {
  const taker = takers.get(socket)
  if (taker) taker.take = take
  return taker !== undefined
}

function handleOf(socket: Duplex): object | undefined {
  const handle: unknown = Reflect.get(socket, '_handle')
  const isKnown = typeof handle === 'object' && handle !== null && 'useUserBuffer' in handle
  return isKnown ? handle : undefined
}
