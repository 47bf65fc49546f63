import { connect, isIP, Socket } from 'node:net'
import type { OnReadOpts, SocketConstructorOpts } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect as connectSecurely } from 'node:tls'

/** What all sockets here read into: one is read at a time, and what came is taken before the next one is. */
const memory = Buffer.allocUnsafe(65_536)

/**
 * Takes what a socket has read: so many bytes at the beginning of a memory. They are valid until this returns, and may be
 * changed.
 */
type Take = (memory: Buffer, bytes: number) => void

/** The sockets that read into the memory above, each with who takes what it reads in place of its stream. */
const takers = new WeakMap<Socket, Taker>()

type Taker = { take: Take | undefined }

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
  const taker: Taker = { take: undefined }
  const options: Omit<SocketConstructorOpts, 'handle'> & { readonly handle: object } = {
    handle,
    allowHalfOpen: socket.allowHalfOpen,
    onread: readOptions(taker, () => moved),
  }
  // INVARIANT: the handle has one owner: whatever happens to the old socket from here on cannot reach the connection.
  Reflect.set(socket, '_handle', null)
  const moved = new Socket(options as SocketConstructorOpts)
  takers.set(moved, taker)
  moved.once('close', () => socket.destroy())
  return moved
}

/**
 * Connects to where a URL points with a socket that reads in place: for `https:` and `wss:` over TLS, on Node's own terms
 * (certificate and name are checked). It is made for `createConnection` of an HTTP request, and until somebody takes its
 * bytes a stream like any other.
 * Source: `onread` of net.connect and tls.connect in the documentation of Node
 */
export function connectInPlace(url: string): Socket {
  const { protocol, hostname, port } = new URL(url)
  const isSecure = protocol === 'https:' || protocol === 'wss:'
  const host = hostname.replaceAll(/[[\]]/g, '')
  const taker: Taker = { take: undefined }
  const options = {
    host,
    port: port === '' ? (isSecure ? 443 : 80) : Number(port),
    onread: readOptions(taker, () => socket),
  }
  const servername = isIP(host) === 0 ? host : ''
  const socket: Socket = isSecure ? connectSecurely({ ...options, servername }) : connect(options)
  takers.set(socket, taker)
  return socket
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

/** @param socketOf the socket whose options they are, which is there by the time that something is read */
function readOptions(taker: Taker, socketOf: () => Socket): OnReadOpts {
  return {
    buffer: memory,
    callback: (bytes) => {
      const socket = socketOf()
      // What still waits in the stream goes first.
      if (!taker.take || socket.readableLength > 0) {
        return socket.push(Buffer.from(memory.subarray(0, bytes)))
      }
      taker.take(memory, bytes)
      return true
    },
  }
}

function handleOf(socket: Duplex): object | undefined {
  const handle: unknown = Reflect.get(socket, '_handle')
  const isKnown = typeof handle === 'object' && handle !== null && 'useUserBuffer' in handle
  return isKnown ? handle : undefined
}
