import type { WireDelays } from '../memory/memory-wire.ts'

/** A request from the fake Twilio to the product. */
export type OutgoingRequest = {
  readonly url: string
  readonly method: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly signal: AbortSignal
}

/** The product's answer. */
export type IncomingResponse = {
  readonly status: number
  readonly contentType: string
  readonly body: string
}

/** Why a socket was never open. */
export type ConnectFailure =
  | { readonly kind: 'refused' }
  | { readonly kind: 'tls' }
  | { readonly kind: 'rejected'; readonly status: number }

/** What happens on a socket; `onClose` is the last, and comes also after `close()` and `terminate()`. */
export type SocketEvents = {
  onOpen(): void
  onText(text: string): void
  onBinary(bytes: number): void
  /** The peer broke the websocket protocol; a close follows. */
  onProtocolError(): void
  onClose(code: number): void
  /** Instead of everything else. */
  onFailure(failure: ConnectFailure): void
}

/** One media socket, seen from Twilio's side. */
export type StreamSocket = {
  send(text: string): void
  close(code: number): void
  terminate(): void
  /** Stops reading for good: nothing is answered any more, while the connection stays. */
  pause(): void
  /** Bytes sent that the peer has not taken yet. */
  bufferedBytes(): number
}

/**
 * How the fake reaches the product: real sockets, or memory where a test lets a virtual clock run.
 * A request that gets no answer rejects with an Error whose `code` is the system's (ECONNREFUSED, ENOTFOUND, …).
 */
export type Transport = AsyncDisposable & {
  request(request: OutgoingRequest): Promise<IncomingResponse>
  connect(options: {
    readonly url: string
    readonly headers: Readonly<Record<string, string>>
    readonly events: SocketEvents
    /** How long messages are under way, where there is no network that decides it. */
    readonly delays?: WireDelays | undefined
  }): StreamSocket
}
