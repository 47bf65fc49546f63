import { WebSocket } from 'ws'
import { signedUpgrade } from './mutated-upgrades.ts'
import type { SigningAccount } from './mutated-requests.ts'

/** How a socket ended: the code of its close frame, 1006 without one. */
export type SocketClose = { readonly code: number; readonly reason: string }

/** A media socket that was let in, and over which anything can be sent. */
export type MediaDial = {
  /** Sends one text message, whatever is in it. */
  send(bytes: Buffer): void
  /** Resolves when everything sent so far has been read, or the socket is over. */
  read(): Promise<void>
  /** Text messages of the server. */
  readonly onText: (listener: (text: string) => void) => void
  readonly closed: Promise<SocketClose>
  isOpen(): boolean
  close(code: number): void
  terminate(): void
}

/** Opens the media socket of a call as Twilio does; undefined when the upgrade is refused. */
export async function dialMedia(account: SigningAccount, nonce: string): Promise<MediaDial | undefined> {
  const { target, signature } = signedUpgrade(account, nonce)
  const socket = new WebSocket(account.publicUrl.replace(/^http/, 'ws') + target, {
    headers: { 'x-twilio-signature': signature },
    perMessageDeflate: false,
  })
  const { promise: closed, resolve: over } = Promise.withResolvers<SocketClose>()
  const { promise: opened, resolve: open } = Promise.withResolvers<boolean>()
  socket.once('open', () => open(true))
  socket.on('error', () => open(false))
  socket.once('close', (code, reason) => over({ code, reason: reason.toString('utf8') }))
  if (!(await opened)) return undefined
  const pongs: (() => void)[] = []
  socket.on('pong', () => pongs.shift()?.())
  return {
    send: (bytes) => socket.send(bytes, { binary: false }),
    read: async () => {
      if (socket.readyState !== WebSocket.OPEN) return
      const { promise, resolve } = Promise.withResolvers<void>()
      pongs.push(resolve)
      socket.ping()
      await Promise.race([promise, closed])
    },
    onText: (listener) => void socket.on('message', (data) => listener(messageText(data))),
    closed,
    isOpen: () => socket.readyState === WebSocket.OPEN,
    close: (code) => socket.close(code),
    terminate: () => socket.terminate(),
  }
}

function messageText(data: WebSocket.RawData): string {
  return Buffer.isBuffer(data) ? data.toString('utf8') : ''
}
