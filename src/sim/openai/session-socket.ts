import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { RawData, WebSocket } from 'ws'
import type { Timer } from '../../lib/clock.ts'
import type { RawFrame } from './garbage.ts'
import type { ServerEvent } from './server-events.ts'
import { EventStamp } from './server-events.ts'
import { seededRandom } from './seeded-random.ts'
import type { HangUp } from './session-context.ts'
import type { SessionEnd } from './session-record.ts'
import { RealtimeSession } from './session.ts'
import type { SessionOptions } from './session.ts'

/** A session's options, with what only its socket needs. */
export type SessionSocketOptions = Omit<
  SessionOptions,
  'emit' | 'emitRaw' | 'unreadBytes' | 'hangUp' | 'goDeaf'
> & {
  /** The connection under the websocket. */
  readonly wire: Duplex
  /** The client asked for the dead dialect. */
  readonly beta: boolean
  readonly onSent: (event: ServerEvent) => void
  readonly onEnd: (end: SessionEnd) => void
}

/** A client that leaves so much unread is cut off. */
const MAX_UNREAD_BYTES = 32 * 1024 * 1024
/** Whoever does not read cannot see the other side go either, so a half-open connection is given up some time. */
const HALF_OPEN_MS = 600_000

/** The thin shell between a websocket and a session. */
export class SessionSocket {
  readonly #socket: WebSocket
  readonly #options: SessionSocketOptions
  readonly #session: RealtimeSession
  #end: SessionEnd | undefined
  #deaf: Timer | undefined

  constructor(socket: WebSocket, options: SessionSocketOptions) {
    this.#socket = socket
    this.#options = options
    this.#session = new RealtimeSession({
      ...options,
      emit: (event) => this.#send(event),
      emitRaw: (frames) => this.#sendRaw(frames),
      unreadBytes: () => socket.bufferedAmount,
      hangUp: (how) => this.hangUp(how),
      goDeaf: () => this.#goDeaf(),
    })
    socket.on('message', (data: RawData, binary: boolean) => this.#onMessage(data, binary))
    // A socket error, such as too large a message, is followed by a close; that is where it is recorded.
    socket.on('error', () => undefined)
    socket.on('close', (code: number, reason: Buffer) => this.#onClose(code, reason.toString('utf8')))
  }

  /** Begins the session, or ends it where the client speaks the dead dialect. */
  start(): void {
    if (this.#options.beta) this.#refuseBeta()
    else this.#session.start()
  }

  /** Ends the connection from the server's side. */
  hangUp(how: HangUp): void {
    this.#session.stop()
    if (how.kind === 'close') {
      this.#end ??= { by: 'server', code: how.code, reason: how.reason }
      this.#socket.close(how.code, how.reason)
      return
    }
    this.#end ??= { by: 'server', code: 1006, reason: '' }
    const { wire } = this.#options
    if (how.kind === 'end') wire.end()
    else if (how.kind === 'reset' && wire instanceof Socket) wire.resetAndDestroy()
    else this.#socket.terminate()
  }

  /** Sends what need not be an event. @returns false when the connection is over */
  inject(frames: readonly RawFrame[]): boolean {
    this.#sendRaw(frames)
    return this.#socket.readyState === this.#socket.OPEN
  }

  #goDeaf(): void {
    this.#socket.pause()
    this.#deaf = this.#options.clock.setTimer(HALF_OPEN_MS, () => this.hangUp({ kind: 'cut' }))
  }

  #refuseBeta(): void {
    const code = 'beta_api_shape_disabled'
    const type = 'invalid_request_error'
    const message = 'The Realtime beta API is no longer supported. Use the GA API.'
    const stamp = new EventStamp(seededRandom(this.#options.seed), 0)
    this.#send(stamp.stamp({ type: 'error', error: { type, code, message, param: null, event_id: null } }))
    const atMs = this.#options.clock.nowMs()
    const refused = { atMs, code, errorType: type, message, param: null, eventId: null, causeType: '' }
    this.#options.record.addRefused(refused)
    this.hangUp({ kind: 'close', code: 4000, reason: `${type}.${code}` })
  }

  #onMessage(data: RawData, binary: boolean): void {
    // Binary frames do not exist here: what is in them is no event.
    const text = binary ? '' : Buffer.isBuffer(data) ? data.toString('utf8') : ''
    this.#session.receive(text)
  }

  #onClose(code: number, reason: string): void {
    this.#session.stop()
    this.#deaf?.cancel()
    const end = this.#end ?? { by: 'client', code, reason }
    this.#options.record.end = end
    this.#options.onEnd(end)
  }

  #send(event: ServerEvent): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return
    if (this.#socket.bufferedAmount > MAX_UNREAD_BYTES) {
      this.hangUp({ kind: 'cut' })
      return
    }
    this.#socket.send(JSON.stringify(event))
    this.#options.onSent(event)
  }

  /** In one write: it is the messages that are to come fast, and not the system calls. */
  #sendRaw(frames: readonly RawFrame[]): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return
    const { wire } = this.#options
    wire.cork()
    for (const { kind, data } of frames) {
      if (kind === 'wire') wire.write(data)
      else this.#socket.send(data, { binary: kind === 'binary' })
    }
    wire.uncork()
  }
}
