import type { Timer } from '../../lib/clock.ts'
import type { Random } from '../caller/random.ts'
import { seededRandom } from '../caller/random.ts'
import type { Speech } from '../caller/runner.ts'
import { CallerRunner } from '../caller/runner.ts'
import type { CallerScriptInput } from '../caller/script.ts'
import { callerScript } from '../caller/script.ts'
import { SILENCE } from '../caller/sounds.ts'
import type { WireDelays } from '../memory/memory-wire.ts'
import type { CallSummary, StatusEvent } from './call-summary.ts'
import { statusEvent } from './call-summary.ts'
import type { CallWorld } from './call-world.ts'
import { API_VERSION, newSid, rfc2822 } from './call-world.ts'
import type { TwilioFault } from './event-log.ts'
import { placeFields } from './geography.ts'
import type { LineAct } from './line.ts'
import { Line } from './line.ts'
import type { MediaStream } from './media-stream.ts'
import type { AnsweredBy } from './outbound-answer.ts'
import { runDocuments } from './run-documents.ts'
import type { Fields } from './signature.ts'
import type { Action } from './twiml.ts'
import type { CallStatus, DocumentSource, EndedBy, HeardText, VerbHost } from './verb-host.ts'
import type { WebhookRequest } from './webhook.ts'

const MOST_TROUBLES = 200

/** What a call is made of. */
export type FakeCallOptions = {
  readonly world: CallWorld
  readonly direction: 'inbound' | 'outbound-api'
  readonly from: string
  readonly to: string
  readonly fallback: Action | undefined
  readonly statusCallback: Action | undefined
  readonly statusEvents: ReadonlySet<StatusEvent>
  /** Further fields of every voice webhook, for example StirVerstat; a name may occur twice. */
  readonly extraFields: Fields
  readonly timeLimitS: number
  /** The same seed makes the same call whatever others there are; drawn from the account's when unset. */
  readonly seed?: number | undefined
  /** How long messages of its media streams are under way, where there is no network that decides it. */
  readonly delays?: WireDelays | undefined
}

/** One call through the fake, from its first ring to its last callback. */
export class FakeCall implements VerbHost {
  readonly sid: string
  readonly from: string
  readonly to: string
  readonly direction: 'inbound' | 'outbound-api'
  readonly world: CallWorld
  readonly random: Random
  readonly line: Line
  readonly delays: WireDelays | undefined
  readonly fallback: Action | undefined
  /** Resolves when the call is over and every callback about it was answered or given up. */
  readonly ended: Promise<CallSummary>
  /** Fires when the call is over. */
  readonly signal: AbortSignal
  readonly createdWallMs: number
  status: CallStatus
  /** What answered, as far as anybody asked. */
  answeredBy: AnsweredBy | undefined
  answeredWallMs: number | undefined
  endedWallMs: number | undefined
  readonly #options: FakeCallOptions
  readonly #streams: MediaStream[] = []
  readonly #heardSay: HeardText[] = []
  readonly #errors: string[] = []
  readonly #settle: (summary: Promise<CallSummary>) => void
  readonly #over = new AbortController()
  #caller: CallerRunner | undefined
  #run = new AbortController()
  #running: Promise<void> = Promise.resolve()
  #callbacks: Promise<void> = Promise.resolve()
  #callbackCount = 0
  #limit: Timer | undefined
  #limitS: number
  #endedBy: EndedBy | undefined
  #answeredAtMs: number | undefined
  #endedAtMs = 0

  constructor(options: FakeCallOptions) {
    const { world } = options
    this.#options = options
    this.#limitS = options.timeLimitS
    this.random = seededRandom(options.seed ?? world.random.whole(2 ** 32))
    this.sid = newSid(this.random, 'CA')
    this.world = world
    this.delays = options.delays
    this.from = options.from
    this.to = options.to
    this.direction = options.direction
    this.fallback = options.fallback
    this.signal = this.#over.signal
    this.createdWallMs = world.clock.wallMs()
    this.status = options.direction === 'inbound' ? 'ringing' : 'queued'
    this.line = new Line({
      clock: world.clock,
      caller: { frame: (heard, said) => this.#caller?.frame(heard, said) ?? (said.fill(SILENCE), []) },
      recordingMs: world.limits.recordingMs,
      onAct: (act) => this.#onAct(act),
    })
    const { promise, resolve } = Promise.withResolvers<CallSummary>()
    this.ended = promise
    this.#settle = resolve
    world.log({ kind: 'call', callSid: this.sid, status: this.status, endedBy: undefined })
  }

  /** Gives the person on the phone something to do from the answer on. */
  setCaller(script: CallerScriptInput, speech: Speech): void {
    const seed = this.random.whole(2 ** 32)
    this.#caller = new CallerRunner({ script: callerScript.parse(script), speech, seed })
  }

  /** Runs a document and those after it, in place of whatever runs now. */
  run(source: DocumentSource): void {
    if (!this.isLive()) return
    this.#run.abort()
    const run = new AbortController()
    this.#run = run
    this.#running = this.#runUntilReplaced(source, { run, before: this.#running })
  }

  answer(): void {
    if (this.#answeredAtMs !== undefined || !this.isLive()) return
    const { clock } = this.world
    this.#answeredAtMs = clock.nowMs()
    this.answeredWallMs = clock.wallMs()
    this.moveTo('in-progress')
    this.limitTo(this.#limitS)
    this.line.start(this.#answeredAtMs)
  }

  /** Ends the call so many seconds after its answer. */
  limitTo(seconds: number): void {
    this.#limitS = seconds
    this.#limit?.cancel()
    if (this.#answeredAtMs === undefined || !this.isLive()) return
    const leftMs = this.#answeredAtMs + seconds * 1_000 - this.world.clock.nowMs()
    this.#limit = this.world.clock.setTimer(Math.max(0, leftMs), () => this.end('timeLimit', 'completed'))
  }

  isLive(): boolean {
    return this.#endedBy === undefined
  }

  isAnswered(): boolean {
    return this.#answeredAtMs !== undefined
  }

  /** Moves on to a state and tells the product if it asked to be told. */
  moveTo(status: CallStatus, extra: Fields = []): void {
    this.status = status
    this.world.log({ kind: 'call', callSid: this.sid, status, endedBy: this.#endedBy })
    const { statusCallback, statusEvents } = this.#options
    if (!statusCallback || !statusEvents.has(statusEvent(status))) return
    const fields = this.fields([
      ['Timestamp', rfc2822(this.world.clock.wallMs())],
      ['CallbackSource', 'call-progress-events'],
      ['SequenceNumber', `${this.#callbackCount++}`],
      ...extra,
    ])
    this.notify({ purpose: 'callStatus', ...statusCallback, fields })
  }

  fields(extra: Fields): Fields {
    return [
      ['AccountSid', this.world.accountSid],
      ['ApiVersion', API_VERSION],
      ['CallSid', this.sid],
      ['CallStatus', this.status],
      ['Direction', this.direction],
      ['From', this.from],
      ['To', this.to],
      ['Caller', this.from],
      ['Called', this.to],
      ...['From', 'Caller'].flatMap((prefix) => placeFields(prefix, this.from)),
      ...['To', 'Called'].flatMap((prefix) => placeFields(prefix, this.to)),
      ...this.#options.extraFields,
      ...extra,
    ]
  }

  heard(kind: HeardText['kind'], text: string): void {
    this.#heardSay.push({ kind, text, atMs: this.world.clock.nowMs() })
    this.world.log({ kind: 'said', callSid: this.sid, who: 'twilio', text })
  }

  trouble(errorCode: number, message: string): void {
    this.world.log({ kind: 'warning', callSid: this.sid, errorCode, message })
    if (this.#errors.length < MOST_TROUBLES)
      this.#errors.push(errorCode ? `${errorCode} ${message}` : message)
  }

  addStream(stream: MediaStream): void {
    this.#streams.push(stream)
  }

  /** The latest media stream of the call, open or not. */
  stream(): MediaStream | undefined {
    return this.#streams.at(-1)
  }

  notify(request: Omit<WebhookRequest, 'callSid'>): void {
    this.#callbacks = this.#sendAfter(this.#callbacks, request)
  }

  /** The person on the phone hangs up now, whatever their script says. */
  hangUp(): void {
    this.end('caller', this.isAnswered() ? 'completed' : 'no-answer')
  }

  /** The media socket breaks without a word, and then the call. */
  vanish(): void {
    this.stream()?.vanish()
    this.end('vanished', 'completed')
  }

  /** As a hang-up, but the media socket only closes. */
  hangUpWithoutStop(): void {
    this.stream()?.closeWithoutStop()
    this.hangUp()
  }

  /** Ends the call; the first reason counts. */
  end(endedBy: EndedBy, status: CallStatus, extra: Fields = []): void {
    if (!this.isLive()) return
    const { clock } = this.world
    this.#endedBy = endedBy
    this.#endedAtMs = clock.nowMs()
    this.endedWallMs = clock.wallMs()
    this.#limit?.cancel()
    // The state first: what is said while the stream stops is said of a call that is over.
    this.status = status
    this.#run.abort()
    this.#over.abort()
    this.line.stop()
    const seconds = Math.ceil(this.#durationMs() / 1_000)
    this.moveTo(status, [
      ['CallDuration', `${seconds}`],
      ['Duration', `${Math.ceil(seconds / 60)}`],
      ...extra,
    ])
    this.#settle(this.#summary(endedBy))
  }

  async #runUntilReplaced(
    source: DocumentSource,
    options: { readonly run: AbortController; readonly before: Promise<void> },
  ): Promise<void> {
    const end = await runDocuments(this, source, options.run.signal)
    if (end.kind === 'ended') this.end(end.endedBy, end.status)
    await options.before
  }

  async #sendAfter(before: Promise<void>, request: Omit<WebhookRequest, 'callSid'>): Promise<void> {
    await before
    await this.world.sendWebhook({ ...request, callSid: this.sid })
  }

  async #summary(endedBy: EndedBy): Promise<CallSummary> {
    await this.#running
    await this.#callbacks
    const { heardUlaw, saidUlaw, missedMs } = this.line.recording()
    return {
      sid: this.sid,
      from: this.from,
      to: this.to,
      direction: this.direction,
      endedBy,
      status: this.status,
      answeredAtMs: this.#answeredAtMs,
      durationMs: this.#durationMs(),
      heardUlaw,
      saidUlaw,
      unrecordedMs: missedMs,
      heardSay: this.#heardSay,
      streams: this.#streams.map((stream) => stream.summary()),
      errors: this.#errors,
    }
  }

  #durationMs(): number {
    return this.#answeredAtMs === undefined ? 0 : this.#endedAtMs - this.#answeredAtMs
  }

  #onAct(act: LineAct): void {
    switch (act.kind) {
      case 'speaking':
        return this.world.log({ kind: 'said', callSid: this.sid, who: 'caller', text: act.text })
      case 'hangUp':
        return this.hangUp()
      case 'spell':
        return this.#fault(act.spell)
      case 'hangUpWithoutStop':
        this.#fault(act.kind)
        return this.hangUpWithoutStop()
      case 'vanish':
        this.#fault(act.kind)
        return this.vanish()
      case 'dropStream':
        this.#fault(act.kind)
        return this.stream()?.drop()
      case 'freeze':
        this.#fault(act.kind)
        return this.stream()?.freeze()
      case 'stopReading':
        this.#fault(act.kind)
        return this.stream()?.stopReading()
      case 'sendHuge':
        this.#fault(act.kind)
        return this.stream()?.sendHuge(act.bytes)
      case 'secondStart':
        this.#fault(act.kind)
        return this.stream()?.sendStart()
      case 'failed':
        this.trouble(0, act.reason)
        return this.end('script', 'completed')
    }
  }

  #fault(fault: TwilioFault): void {
    this.world.log({ kind: 'fault', callSid: this.sid, fault })
  }
}
