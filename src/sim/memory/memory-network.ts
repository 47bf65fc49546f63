import { IncomingMessage, type Server, ServerResponse } from 'node:http'
import type { ClientOptions, WebSocket } from 'ws'
import type { Clock } from '../../lib/clock.ts'
import { MemoryWebSocket } from './memory-web-socket.ts'
import { MemoryWire, type WireDelays } from './memory-wire.ts'
import type { Medium } from './pipe.ts'
import type { HttpAnswer } from './response-reader.ts'

/** Any key does: what it proves of a server is not in question here. Source: RFC 6455 §1.3 */
const WEBSOCKET_KEY = 'dGhlIHNhbXBsZSBub25jZQ=='

const AT_ONCE: WireDelays = { toServerMs: 0, toClientMs: 0 }

/** A request over the network in memory. */
export type MemoryRequest = {
  readonly url: string
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Gives the request up: its promise rejects with the signal's reason. */
  readonly signal?: AbortSignal
}

/**
 * A network in which servers and clients of one process meet without a socket: HTTP requests and websockets, by the
 * clock it is given. A server is one of node:http that need not listen: it gets the same `request` and `upgrade`
 * events, with the same objects.
 */
export class MemoryNetwork implements Medium {
  readonly clock: Clock
  readonly #delays: WireDelays
  readonly #servers = new Map<string, Server>()
  readonly #wires = new Set<MemoryWire>()
  readonly #unanswered = new Set<MemoryWire>()
  readonly #posted: (() => void)[] = []
  #isDraining = false
  #nextPort = 1
  #posts = 0

  /** @param options.requestDelays how long HTTP requests and answers are under way; not at all when unset */
  constructor(options: { readonly clock: Clock; readonly requestDelays?: WireDelays }) {
    this.clock = options.clock
    this.#delays = options.requestDelays ?? AT_ONCE
  }

  /** How much was posted so far: whoever sees it change knows that something has happened. */
  posts(): number {
    return this.#posts
  }

  /** Connections that somebody still holds: websockets and requests without an answer. */
  openConnections(): number {
    return this.#wires.size
  }

  /** Whether a server works on a request or an upgrade: promises, ticks and turns of the loop away from an answer. */
  isWorking(): boolean {
    for (const wire of this.#unanswered) if (!wire.isAsked()) this.#unanswered.delete(wire)
    return this.#unanswered.size > 0
  }

  post(work: () => void): void {
    this.#posts++
    this.#posted.push(work)
    if (this.#isDraining) return
    this.#isDraining = true
    process.nextTick(() => this.#drain())
  }

  /**
   * Makes a server reachable.
   * @param origin where, as `http://127.0.0.1:1`; one that is free when unset
   * @returns the origin
   */
  serve(server: Server, origin = `http://127.0.0.1:${this.#nextPort++}`): string {
    this.#servers.set(origin, server)
    return origin
  }

  /** Takes a server away; connections that it has go on. */
  leave(origin: string): void {
    this.#servers.delete(origin)
  }

  /** Breaks every connection. */
  closeAll(): void {
    for (const wire of this.#wires) wire.destroy()
  }

  /** Dials a websocket. It is open or failed later, never before this returns. */
  dial(url: string, options: ClientOptions & { readonly delays?: WireDelays | undefined } = {}): WebSocket {
    const socket = new MemoryWebSocket(null, undefined, options)
    const { delays = AT_ONCE } = options
    const wire = this.#wire(socket, delays)
    socket.connect(wire)
    this.#later(delays.toServerMs, () => {
      if (wire.destroyed) return
      const { origin, pathname, search } = new URL(url.replace(/^ws/, 'http'))
      const server = this.#servers.get(origin)
      if (!server || server.listenerCount('upgrade') === 0) return socket.fail(refusedConnection(origin))
      const request = requestOn(wire, {
        method: 'GET',
        target: pathname + search,
        headers: {
          ...lowerCased(options.headers ?? {}),
          connection: 'Upgrade',
          upgrade: 'websocket',
          'sec-websocket-version': '13',
          'sec-websocket-key': WEBSOCKET_KEY,
        },
      })
      request.push(null)
      this.#ask(wire)
      server.emit('upgrade', request, wire, Buffer.alloc(0))
    })
    return socket
  }

  /** Sends a request. @returns the answer; rejects with ECONNREFUSED, ECONNRESET or the signal's reason */
  request(request: MemoryRequest): Promise<HttpAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>()
    const { signal } = request
    const wire = this.#wire(
      {
        receive: (parcel) => {
          if (parcel.kind === 'refused') resolve(parcel.answer)
          else if (parcel.kind === 'end') reject(brokenConnection())
          end()
        },
      },
      this.#delays,
    )
    const giveUp = (): void => {
      reject(signal?.reason instanceof Error ? signal.reason : new Error('The request was given up'))
      end()
    }
    const end = (): void => {
      signal?.removeEventListener('abort', giveUp)
      wire.clientGone()
      wire.destroy()
    }
    signal?.addEventListener('abort', giveUp)
    this.#later(this.#delays.toServerMs, () => {
      if (wire.destroyed) return
      const { origin, pathname, search } = new URL(request.url)
      const server = this.#servers.get(origin)
      if (server) {
        this.#ask(wire)
        return answer(server, { wire, target: pathname + search, ...request })
      }
      reject(refusedConnection(origin))
      end()
    })
    return promise
  }

  #wire(client: ConstructorParameters<typeof MemoryWire>[0]['client'], delays: WireDelays): MemoryWire {
    const wire = new MemoryWire({ medium: this, client, delays, onGone: () => this.#wires.delete(wire) })
    this.#wires.add(wire)
    return wire
  }

  #ask(wire: MemoryWire): void {
    wire.asked()
    this.#unanswered.add(wire)
  }

  #later(delayMs: number, work: () => void): void {
    if (delayMs > 0) this.clock.setTimer(delayMs, work)
    else this.post(work)
  }

  #drain(): void {
    try {
      for (let work = this.#posted.shift(); work; work = this.#posted.shift()) work()
    } finally {
      // What threw must not keep the rest from happening.
      this.#isDraining = false
      if (this.#posted.length > 0) this.post(() => undefined)
    }
  }
}

function answer(
  server: Server,
  exchange: { readonly wire: MemoryWire; readonly target: string } & MemoryRequest,
): void {
  const { wire, target, method, body } = exchange
  const headers = {
    ...lowerCased(exchange.headers),
    ...(body !== '' && { 'content-length': String(Buffer.byteLength(body)) }),
  }
  const request = requestOn(wire, { method, target, headers })
  const response = new ServerResponse(request)
  response.assignSocket(wire)
  // As a server does that listens. Source: Node 26, lib/_http_server.js, resOnFinish
  response.once('finish', () => {
    response.detachSocket(wire)
    process.nextTick(() => response.emit('close'))
  })
  if (body !== '') request.push(body)
  request.push(null)
  request.complete = true
  server.emit('request', request, response)
}

function requestOn(
  wire: MemoryWire,
  about: {
    readonly method: string
    readonly target: string
    readonly headers: Readonly<Record<string, string>>
  },
): IncomingMessage {
  const request = new IncomingMessage(wire)
  request.method = about.method
  request.url = about.target
  request.headers = about.headers
  request.httpVersion = '1.1'
  request.httpVersionMajor = 1
  request.httpVersionMinor = 1
  return request
}

function lowerCased(headers: object): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]),
  )
}

function refusedConnection(origin: string): Error {
  return Object.assign(new Error(`connect ECONNREFUSED ${origin}`), { code: 'ECONNREFUSED' })
}

function brokenConnection(): Error {
  return Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })
}
