import { Socket } from 'node:net'
import { type Medium, type Parcel, Pipe } from './pipe.ts'
import { ResponseReader } from './response-reader.ts'

/** How long things are under way on one connection, in milliseconds of the clock. */
export type WireDelays = { readonly toServerMs: number; readonly toClientMs: number }

/** One end of a websocket, as its wire sees it. */
export type WireEnd = { receive(parcel: Parcel): void }

/**
 * The connection under a websocket in memory. To a server it is the socket of an HTTP upgrade, on which the server
 * answers; once it has accepted, whole messages travel and no bytes.
 */
export class MemoryWire extends Socket {
  readonly medium: Medium
  readonly toServer: Pipe
  readonly toClient: Pipe
  readonly #answer: ResponseReader
  readonly #onGone: () => void
  #isAsked = false
  #server: WireEnd | undefined
  #isClientGone = false

  /** @param options.onGone told once, when neither end uses the wire any more */
  constructor(options: {
    readonly medium: Medium
    readonly client: WireEnd
    readonly delays: WireDelays
    readonly onGone: () => void
  }) {
    super()
    const { medium, client } = options
    this.medium = medium
    this.#onGone = options.onGone
    this.toClient = new Pipe(medium, (parcel) => client.receive(parcel))
    this.toServer = new Pipe(medium, (parcel) => this.#toServer(parcel))
    this.delay(options.delays)
    this.#answer = new ResponseReader((answer) => {
      this.#isAsked = false
      if (answer.status !== 101) this.toClient.send({ kind: 'refused', answer })
    })
    this.once('close', () => {
      this.#isAsked = false
      if (!this.#server) this.toClient.send({ kind: 'end' })
      this.#releaseIfUnused()
    })
  }

  /** A server works on the request that came over the wire, and has not answered yet. */
  isAsked(): boolean {
    return this.#isAsked
  }

  /** The server is given the request. */
  asked(): void {
    this.#isAsked = true
  }

  /** Changes how long everything sent from now on is under way. */
  delay({ toServerMs, toClientMs }: WireDelays): void {
    this.toServer.delayMs = toServerMs
    this.toClient.delayMs = toClientMs
  }

  /** The server has accepted the upgrade and speaks through this end. */
  accept(server: WireEnd): void {
    this.#server = server
    this.toClient.send({ kind: 'accepted' })
  }

  /** The client's end is closed. */
  clientGone(): void {
    this.#isClientGone = true
    this.#releaseIfUnused()
  }

  override _read(): void {
    // What comes over the wire are parcels: as a stream of bytes it has nothing to read.
  }

  override _write(
    chunk: Buffer | string,
    encoding: BufferEncoding,
    done: (error?: Error | null) => void,
  ): void {
    this.#take(chunk, encoding)
    done()
  }

  override _writev(
    chunks: { readonly chunk: Buffer | string; readonly encoding: BufferEncoding }[],
    done: (error?: Error | null) => void,
  ): void {
    for (const { chunk, encoding } of chunks) this.#take(chunk, encoding)
    done()
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#answer.end()
    done()
  }

  #take(chunk: Buffer | string, encoding: BufferEncoding): void {
    this.#answer.take(typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk)
  }

  #toServer(parcel: Parcel): void {
    if (this.#server) return this.#server.receive(parcel)
    // A client that goes before the answer leaves the server with a broken socket.
    if (parcel.kind === 'end') this.destroy()
  }

  #releaseIfUnused(): void {
    if (this.#isClientGone && this.destroyed) this.#onGone()
  }
}
