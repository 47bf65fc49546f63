import { createServer } from 'node:http'
import type { IncomingMessage, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import type { WebSocket } from 'ws'
import { systemClock } from '../../lib/clock.ts'
import type { Clock } from '../../lib/clock.ts'
import { MemoryWebSocket } from '../memory/memory-web-socket.ts'
import { MemoryWire } from '../memory/memory-wire.ts'
import type { RawFrame } from './garbage.ts'
import { readHandshake, refuse, writeRefusal } from './handshake.ts'
import type { Handshake } from './handshake.ts'
import type { FakeOpenAiOptions } from './fake-openai-options.ts'
import { knownModels } from './models.ts'
import type { KnownModel } from './models.ts'
import type { StruckFault } from './model-fault.ts'
import type { ModelScript } from './model-script.ts'
import { answerHttp } from './responses-api.ts'
import type { HttpRules } from './responses-api.ts'
import { withoutAudio } from './run-log.ts'
import type { FakeOpenAiLogEntry } from './run-log.ts'
import { ScriptCursor } from './script-cursor.ts'
import { SessionRecord } from './session-record.ts'
import type { Connection, SessionEnd } from './session-record.ts'
import { SessionSocket } from './session-socket.ts'
import { toneSpeech } from './tone-speech.ts'
import { Voice } from './voice.ts'

/** A running fake. */
export type FakeOpenAi = AsyncDisposable & {
  /** As `http://127.0.0.1:PORT`: the REST address is this plus `/v1`. */
  readonly httpOrigin: string
  /** As `ws://127.0.0.1:PORT/v1/realtime`, without a query. */
  readonly realtimeUrl: string
  /** The sessions so far, the oldest first; at most the last 1,000. */
  readonly sessions: readonly SessionRecord[]
  /** Handshakes that were refused over HTTP, at most the last 1,000. */
  readonly refusedHandshakes: readonly { readonly status: number; readonly code: string | null }[]
  /** Breaks a live session: with a close frame when there is a code, else as if the wire were cut. */
  dropSession(sessionNumber: number, close?: { readonly code: number; readonly reason: string }): boolean
  /** Sends what need not be an event over a live session. @returns false when there is no such session any more */
  inject(sessionNumber: number, frames: readonly RawFrame[]): boolean
  /** Lets a caller's next session begin the script anew. */
  forgetCaller(safetyIdentifier: string): void
  /** Lets go of the sessions that have ended. */
  forgetEnded(): void
}

/** Hears nothing in particular and answers every turn with the stock sentence. */
const emptyScript: ModelScript = { hears: [], replies: [] }

const MAX_SESSIONS = 1_000
const MAX_CALLERS = 1000
/** Kept audio of all sessions together; above it the oldest sessions lose theirs. */
const MAX_AUDIO_MS = 3_600_000
/** 15 MiB of audio as base64, with room for the rest of the event. */
const MAX_MESSAGE_BYTES = 21 * 1024 * 1024

/** Starts an OpenAI Realtime server on loopback, with `GET /v1/models` beside it. */
export async function startFakeOpenAi(options: FakeOpenAiOptions = {}): Promise<FakeOpenAi> {
  const fake = new FakeServer(options)
  await fake.listen(options.port ?? 0)
  return fake
}

class FakeServer implements FakeOpenAi {
  readonly sessions: SessionRecord[] = []
  readonly refusedHandshakes: { status: number; code: string | null }[] = []
  readonly #options: FakeOpenAiOptions
  readonly #clock: Clock
  readonly #models: readonly KnownModel[]
  readonly #apiKeys: readonly string[]
  readonly #voice: Voice
  readonly #http: Server
  readonly #upgrader: WebSocketServer
  readonly #live = new Map<number, SessionSocket>()
  readonly #waiting = new Set<Duplex>()
  readonly #callers = new Map<string, ScriptCursor>()
  #sessionCount = 0
  #origin = ''

  constructor(options: FakeOpenAiOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#models = options.models ?? knownModels
    this.#apiKeys = options.apiKeys ?? ['sk-rehearsal']
    this.#voice = new Voice(
      options.speech ?? (() => undefined),
      toneSpeech(String(options.seed ?? 'rehearsal')),
    )
    this.#http = createServer((request, response) => answerHttp(request, response, this.#rules()))
    this.#upgrader = new WebSocketServer({
      noServer: true,
      maxPayload: MAX_MESSAGE_BYTES,
      perMessageDeflate: false,
      handleProtocols: (offered) => (offered.has('realtime') ? 'realtime' : false),
      ...(options.network && { WebSocket: MemoryWebSocket }),
    })
    this.#http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) =>
      this.#upgrade(request, socket, head),
    )
  }

  get httpOrigin(): string {
    return this.#origin
  }

  get realtimeUrl(): string {
    return `${this.httpOrigin.replace('http', 'ws')}/v1/realtime`
  }

  async listen(port: number): Promise<void> {
    const { network } = this.#options
    if (network) {
      this.#origin = network.serve(this.#http)
      return
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#http.once('error', reject)
    this.#http.listen(port, '127.0.0.1', resolve)
    await promise
    this.#http.off('error', reject)
    const address = this.#http.address() as AddressInfo
    this.#origin = `http://127.0.0.1:${address.port}`
  }

  dropSession(sessionNumber: number, close?: { code: number; reason: string }): boolean {
    const session = this.#live.get(sessionNumber)
    session?.hangUp(close ? { kind: 'close', ...close } : { kind: 'cut' })
    return session !== undefined
  }

  inject(sessionNumber: number, frames: readonly RawFrame[]): boolean {
    return this.#live.get(sessionNumber)?.inject(frames) ?? false
  }

  forgetCaller(safetyIdentifier: string): void {
    this.#callers.delete(safetyIdentifier)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const session of this.#live.values()) session.hangUp({ kind: 'cut' })
    for (const socket of this.#waiting) socket.destroy()
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#http.close(() => resolve())
    this.#http.closeAllConnections()
    await promise
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // The other side may vanish at any moment; that is not a fault of the fake.
    socket.on('error', () => socket.destroy())
    const handshake = readHandshake({ url: request.url ?? '/', headers: request.headers }, this.#rules())
    if (handshake.kind === 'refused') {
      this.#refuse(socket, handshake, 0)
      return
    }
    const connection = this.#connection(handshake, request.socket.remotePort)
    const cursor = this.#cursor(connection)
    const sessionOfCaller = cursor.nextSession()
    if (cursor.script.delays && socket instanceof MemoryWire) socket.delay(cursor.script.delays)
    const struck = (fault: StruckFault): void =>
      this.#log({ kind: 'fault', fault, detail: undefined }, connection.sessionNumber)
    if (cursor.handshakeFaults('silentHandshake', sessionOfCaller).length > 0) {
      struck('silentHandshake')
      this.#keepWaiting(socket)
      return
    }
    const proceed = (): void => {
      this.#waiting.delete(socket)
      const fault = cursor.handshakeFaults('refuseHandshake', sessionOfCaller)[0]
      if (fault) {
        struck('refuseHandshake')
        const { status, code = codeOf(status) } = fault
        const refused = refuse(Number(status), code, 'The server cannot open a session now.')
        this.#refuse(socket, refused, connection.sessionNumber)
        return
      }
      this.#upgrader.handleUpgrade(request, socket, head, (webSocket) =>
        this.#open(webSocket, { handshake, connection, cursor, sessionOfCaller, wire: socket }),
      )
    }
    const slow = cursor.handshakeFaults('slowHandshake', sessionOfCaller)[0]
    if (slow) struck('slowHandshake')
    this.#proceedAfter(slow?.delayMs ?? cursor.script.handshakeMs ?? 0, { socket, proceed })
  }

  #proceedAfter(delayMs: number, upgrade: { socket: Duplex; proceed: () => void }): void {
    const { socket, proceed } = upgrade
    if (delayMs === 0) {
      proceed()
      return
    }
    this.#waiting.add(socket)
    const timer = this.#clock.setTimer(delayMs, proceed)
    socket.once('close', () => {
      timer.cancel()
      this.#waiting.delete(socket)
    })
  }

  /** Holds a connection that gets no answer until the other side has had enough. */
  #keepWaiting(socket: Duplex): void {
    this.#waiting.add(socket)
    socket.once('close', () => this.#waiting.delete(socket))
    // Only who reads sees the other side go.
    socket.once('end', () => socket.destroy())
    socket.resume()
  }

  #open(
    webSocket: WebSocket,
    opening: {
      handshake: Extract<Handshake, { kind: 'session' }>
      connection: Connection
      cursor: ScriptCursor
      sessionOfCaller: number
      wire: Duplex
    },
  ): void {
    const { connection, handshake, cursor, sessionOfCaller } = opening
    const { sessionNumber } = connection
    const { sessionMaxMs = 3_600_000 } = this.#options
    const { seed = this.#options.seed ?? 'rehearsal', lastsMs = sessionMaxMs } = cursor.script
    const record = new SessionRecord(connection, this.#clock.nowMs())
    this.#keep(record)
    this.#log({ kind: 'opened', connection }, sessionNumber)
    const session = new SessionSocket(webSocket, {
      clock: this.#clock,
      seed: `${seed}:${cursor.script.seed === undefined ? sessionNumber : sessionOfCaller}`,
      model: handshake.model,
      type: handshake.type,
      beta: handshake.beta,
      cursor,
      sessionOfCaller,
      voice: this.#voice,
      pace: { factor: 8, createdLagMs: 15, thinkMs: 250, ...this.#options.pace },
      maxMs: lastsMs,
      record,
      wire: opening.wire,
      onFault: (fault, detail) => this.#log({ kind: 'fault', fault, detail }, sessionNumber),
      onReceived: (type, event) => this.#log({ kind: 'client', type, event }, sessionNumber),
      onSent: (event) => this.#log({ kind: 'server', type: event.type, event }, sessionNumber),
      onEnd: (end: SessionEnd) => {
        this.#live.delete(sessionNumber)
        this.#log({ kind: 'closed', end }, sessionNumber)
      },
    })
    this.#live.set(sessionNumber, session)
    session.start()
  }

  #connection(
    handshake: Extract<Handshake, { kind: 'session' }>,
    clientPort: number | undefined,
  ): Connection {
    const { safetyIdentifier, organization, project } = handshake
    this.#sessionCount += 1
    return {
      sessionNumber: this.#sessionCount,
      model: handshake.model.id,
      ...(safetyIdentifier === undefined ? {} : { safetyIdentifier }),
      ...(organization === undefined ? {} : { organization }),
      ...(project === undefined ? {} : { project }),
      ...(clientPort === undefined ? {} : { clientPort }),
    }
  }

  #cursor(connection: Connection): ScriptCursor {
    const script = this.#options.scriptFor?.(connection) ?? emptyScript
    const caller = connection.safetyIdentifier
    const known = caller === undefined ? undefined : this.#callers.get(caller)
    if (known?.script === script) return known
    const cursor = new ScriptCursor(script)
    if (caller !== undefined) {
      const oldest = this.#callers.keys().next()
      if (this.#callers.size >= MAX_CALLERS && !oldest.done) this.#callers.delete(oldest.value)
      this.#callers.set(caller, cursor)
    }
    return cursor
  }

  forgetEnded(): void {
    const live = this.sessions.filter(({ end }) => end === undefined)
    this.sessions.splice(0, this.sessions.length, ...live)
  }

  #keep(record: SessionRecord): void {
    this.sessions.push(record)
    if (this.sessions.length > MAX_SESSIONS) this.sessions.shift()
    let keptMs = 0
    for (const session of this.sessions.toReversed()) {
      keptMs += session.keptAudioMs()
      if (keptMs > MAX_AUDIO_MS) session.dropAudio()
    }
  }

  #refuse(socket: Duplex, refused: Extract<Handshake, { kind: 'refused' }>, sessionNumber: number): void {
    const { status, error } = refused
    this.refusedHandshakes.push({ status, code: error.code })
    if (this.refusedHandshakes.length > MAX_SESSIONS) this.refusedHandshakes.shift()
    this.#log({ kind: 'refused', status, code: error.code }, sessionNumber)
    writeRefusal(socket, refused)
  }

  #rules(): HttpRules {
    const searches = this.#options.searches?.() ?? []
    const [clock, wallMs] = [this.#clock, this.#clock.wallMs()]
    return { apiKeys: this.#apiKeys, models: this.#models, wallMs, clock, searches }
  }

  #log(entry: LogBody, sessionNumber: number): void {
    const { onEvent } = this.#options
    if (!onEvent) return
    const clean = 'event' in entry ? { ...entry, event: withoutAudio(entry.event) } : entry
    onEvent({ atMs: this.#clock.nowMs(), sessionNumber, ...clean })
  }
}

type WithoutPlace<Entry> = Entry extends FakeOpenAiLogEntry ? Omit<Entry, 'atMs' | 'sessionNumber'> : never
type LogBody = WithoutPlace<FakeOpenAiLogEntry>

function codeOf(status: string): string {
  return status === '429' ? 'rate_limit_exceeded' : status === '404' ? 'model_not_found' : 'server_error'
}
