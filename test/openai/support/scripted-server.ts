import { createServer } from 'node:http'
import type { IncomingHttpHeaders, IncomingMessage, Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { WebSocketServer } from 'ws'
import type { WebSocket } from 'ws'

type Json = Record<string, unknown>

/** Values that arrive one by one, and whoever waits for them. */
class Inbox<T> {
  readonly #values: T[] = []
  readonly #waiting: { matches: (value: T) => boolean; resolve: (value: T) => void }[] = []

  put(value: T): void {
    const index = this.#waiting.findIndex(({ matches }) => matches(value))
    if (index === -1) this.#values.push(value)
    else this.#waiting.splice(index, 1)[0]?.resolve(value)
  }

  /** The first value that matches and was not taken yet, now or later. */
  take(matches: (value: T) => boolean = () => true): Promise<T> {
    const index = this.#values.findIndex(matches)
    const [found] = index === -1 ? [] : this.#values.splice(index, 1)
    return found === undefined
      ? new Promise((resolve) => this.#waiting.push({ matches, resolve }))
      : Promise.resolve(found)
  }
}

/** One accepted connection: plays what it is given, records what it gets. */
export class ScriptedPeer {
  readonly received: Json[] = []
  readonly closed: Promise<{ code: number; reason: string }>
  readonly headers: IncomingHttpHeaders
  readonly path: string
  readonly socket: WebSocket
  /** The connection below the websocket, for bytes that are no frames. */
  readonly raw: Socket
  readonly #inbox = new Inbox<Json>()

  constructor(socket: WebSocket, request: IncomingMessage) {
    this.socket = socket
    this.raw = request.socket
    this.headers = request.headers
    this.path = request.url ?? ''
    this.closed = new Promise((resolve) =>
      socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() })),
    )
    socket.on('error', () => {})
    socket.on('message', (data: Buffer) => {
      const event = JSON.parse(data.toString()) as Json
      this.received.push(event)
      this.#inbox.put(event)
    })
  }

  /** Objects go out as JSON text, strings as text as they are, buffers as binary frames. */
  send(...messages: readonly (object | string | Buffer)[]): void {
    for (const message of messages) {
      this.socket.send(
        Buffer.isBuffer(message) || typeof message === 'string' ? message : JSON.stringify(message),
      )
    }
  }

  /** The next event of this type that was not taken yet. */
  next(type: string): Promise<Json> {
    return this.#inbox.take((event) => event['type'] === type)
  }

  /** How many events of this type came so far. */
  count(type: string): number {
    return this.received.filter((event) => event['type'] === type).length
  }

  /** Resolves when everything that the client sent before its pong has been read. */
  async settled(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.socket.once('pong', () => resolve())
      this.socket.ping()
    })
  }
}

/** A websocket server that does only what a test tells it. */
export class ScriptedServer {
  readonly url: string
  readonly #http: Server
  readonly #sockets = new Set<Socket>()
  readonly #peers = new Inbox<ScriptedPeer>()

  private constructor(http: Server, answerPings: boolean) {
    this.#http = http
    this.url = `ws://127.0.0.1:${(http.address() as AddressInfo).port}/v1/realtime`
    http.on('connection', (socket) => this.#sockets.add(socket))
    const sockets = new WebSocketServer({ server: http, autoPong: answerPings })
    sockets.on('connection', (socket, request) => this.#peers.put(new ScriptedPeer(socket, request)))
  }

  static async start(options: { answerPings?: boolean } = {}): Promise<ScriptedServer> {
    return new ScriptedServer(await listening(createServer()), options.answerPings ?? true)
  }

  accept(): Promise<ScriptedPeer> {
    return this.#peers.take()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#http.close(resolve))
  }
}

/** A server that meets every handshake with the same raw bytes, or with nothing. */
export class RefusingServer {
  readonly url: string
  /** Resolves with the handshake's header lines. */
  readonly asked: Promise<IncomingHttpHeaders>
  readonly #http: Server
  readonly #sockets = new Set<Socket>()

  private constructor(http: Server, answer: ((headers: IncomingHttpHeaders) => string) | undefined) {
    this.#http = http
    this.url = `ws://127.0.0.1:${(http.address() as AddressInfo).port}/v1/realtime`
    http.on('connection', (socket) => this.#sockets.add(socket))
    this.asked = new Promise((resolve) => {
      http.on('upgrade', (request, socket) => {
        socket.on('error', () => {})
        if (answer) socket.end(answer(request.headers))
        resolve(request.headers)
      })
    })
  }

  /** @param answer the whole HTTP answer; undefined never answers */
  static async start(answer?: (headers: IncomingHttpHeaders) => string): Promise<RefusingServer> {
    return new RefusingServer(await listening(createServer()), answer)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#http.close(resolve))
  }
}

/** An HTTP answer with a JSON body. */
export function httpAnswer(status: number, body: unknown): string {
  const text = JSON.stringify(body)
  return `HTTP/1.1 ${status} Refused\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(text)}\r\nConnection: close\r\n\r\n${text}`
}

async function listening(server: Server): Promise<Server> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}
