import { randomBytes } from 'node:crypto'
import type { Clock } from '../../../src/lib/clock.ts'
import type {
  CallAnswer,
  CallOffer,
  CallStatusUpdate,
  IncomingCalls,
  NetworkReport,
  NonceClaim,
  RecordingUpdate,
  StreamAttachment,
  StreamStatusUpdate,
} from '../../../src/ports/incoming-calls.ts'
import type { MediaSink, StreamEvent, StreamReceiver } from '../../../src/ports/telephony.ts'

const NONCE_TTL_MS = 60_000
const MAX_STREAMS = 4

type LiveCall = { nonce: string; over: boolean; streams: number; attached: MemoryStream | undefined }

/** One attached stream with all that it was given, audio copied. */
export class MemoryStream implements StreamReceiver {
  readonly sink: MediaSink
  readonly events: StreamEvent[] = []
  /** Runs inside onMedia, for receivers that do something there. */
  onAudio: ((ulaw: Uint8Array) => void) | undefined
  #audio: Buffer[] = []
  readonly #waiting = new Set<() => void>()

  constructor(sink: MediaSink) {
    this.sink = sink
  }

  onMedia(ulaw: Uint8Array): void {
    this.#audio.push(Buffer.from(ulaw))
    this.onAudio?.(ulaw)
    this.#wake()
  }

  onEvent(event: StreamEvent): void {
    this.events.push(event)
    this.#wake()
  }

  audio(): Buffer {
    return Buffer.concat(this.#audio)
  }

  kinds(): string[] {
    return this.events.map((event) => event.kind)
  }

  endReasons(): string[] {
    return this.events.flatMap((event) => (event.kind === 'streamEnded' ? [event.reason] : []))
  }

  /** Resolves as soon as the condition holds. */
  async until(holds: (stream: MemoryStream) => boolean): Promise<this> {
    while (!holds(this)) await new Promise<void>((resolve) => this.#waiting.add(resolve))
    return this
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve()
    this.#waiting.clear()
  }
}

/** The calls of one process, kept in memory: single-use nonces with a life, one stream at a time. */
export class MemoryCalls implements IncomingCalls {
  readonly offers: CallOffer[] = []
  readonly statuses: CallStatusUpdate[] = []
  readonly streamStatuses: StreamStatusUpdate[] = []
  readonly streams: MemoryStream[] = []
  isBusy = false
  /** While set, claims wait for it. */
  claimGate: Promise<void> | undefined
  /** Runs inside attach, for calls that do something with the sink there. */
  onAttach: ((stream: MemoryStream) => void) | undefined
  claims = 0
  readonly #clock: Clock
  readonly #calls = new Map<string, LiveCall>()
  readonly #nonces = new Map<string, { callSid: string; expiresAtMs: number; used: boolean }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  offer(call: CallOffer): Promise<CallAnswer> {
    this.offers.push(call)
    const known = this.#calls.get(call.callSid)
    if (known?.over) return Promise.resolve({ kind: 'hangUp' })
    if (known) return Promise.resolve({ kind: 'connect', nonce: known.nonce })
    if (this.isBusy) {
      return Promise.resolve({ kind: 'sayAndHangUp', text: 'All lines are busy', language: 'en' })
    }
    const nonce = this.#issue(call.callSid)
    this.#calls.set(call.callSid, { nonce, over: false, streams: 1, attached: undefined })
    return Promise.resolve({ kind: 'connect', nonce })
  }

  async claimNonce(nonce: string): Promise<NonceClaim> {
    this.claims += 1
    await this.claimGate
    const issued = this.#nonces.get(nonce)
    if (!issued) return { ok: false, reason: 'unknown' }
    if (issued.used) return { ok: false, reason: 'used' }
    if (this.#clock.nowMs() >= issued.expiresAtMs) return { ok: false, reason: 'expired' }
    if (this.#calls.get(issued.callSid)?.over !== false) return { ok: false, reason: 'callOver' }
    issued.used = true
    return { ok: true, callSid: issued.callSid }
  }

  attach({ callSid, sink }: { callSid: string; sink: MediaSink }): StreamAttachment {
    const call = this.#calls.get(callSid)
    if (!call) return { ok: false, reason: 'noSuchCall' }
    if (call.over) return { ok: false, reason: 'callOver' }
    if (call.attached && call.attached.endReasons().length === 0)
      return { ok: false, reason: 'alreadyAttached' }
    call.attached = new MemoryStream(sink)
    this.streams.push(call.attached)
    this.onAttach?.(call.attached)
    return { ok: true, receiver: call.attached }
  }

  afterStream(callSid: string, report: NetworkReport = {}): Promise<CallAnswer> {
    this.reports.push(report)
    const call = this.#calls.get(callSid)
    if (!call) return Promise.resolve({ kind: 'sayAndHangUp', text: 'Something went wrong', language: 'en' })
    if (call.over || call.streams >= MAX_STREAMS) return Promise.resolve({ kind: 'hangUp' })
    call.streams += 1
    return Promise.resolve({ kind: 'connect', nonce: this.#issue(callSid) })
  }

  readonly reports: NetworkReport[] = []
  readonly recordings: RecordingUpdate[] = []

  onRecording(update: RecordingUpdate): Promise<void> {
    this.recordings.push(update)
    return Promise.resolve()
  }

  onStatus(update: CallStatusUpdate): Promise<void> {
    this.statuses.push(update)
    const call = this.#calls.get(update.callSid)
    if (call && update.status === 'completed') call.over = true
    return Promise.resolve()
  }

  onStreamStatus(update: StreamStatusUpdate): Promise<void> {
    this.streamStatuses.push(update)
    return Promise.resolve()
  }

  end(callSid: string): void {
    const call = this.#calls.get(callSid)
    if (call) call.over = true
  }

  stream(): MemoryStream {
    const stream = this.streams.at(-1)
    if (!stream) throw new Error('No stream was attached')
    return stream
  }

  #issue(callSid: string): string {
    const nonce = randomBytes(16).toString('base64url')
    this.#nonces.set(nonce, { callSid, expiresAtMs: this.#clock.nowMs() + NONCE_TTL_MS, used: false })
    return nonce
  }
}
