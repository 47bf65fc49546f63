import { randomBytes } from 'node:crypto'
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
} from '../ports/incoming-calls.ts'
import type { MediaSink } from '../ports/telephony.ts'
import { Ladder } from './ladder.ts'
import type { CallPlan, CallPorts } from './plan.ts'
import { CallSession } from './session.ts'
import { keepVoiceMessage } from './voice-messages.ts'

/** New streams that one call may get after its socket broke. */
const MAX_REATTACHMENTS = 3

/** What the registry of calls needs besides the ports. */
export type CallsOptions = {
  readonly ports: CallPorts
  /** Decides persona, actor and rules of a call that is taken. */
  readonly plan: (offer: CallOffer) => CallPlan
  readonly limits: {
    readonly maxCalls: number
    readonly maxCallsPerCaller: number
    readonly nonceTtlMs: number
  }
  /** Language and text of sentences that are said by the network, when there is no stream. */
  readonly say: { readonly language: string; readonly busy: string; readonly apology: string }
}

type LiveCall = {
  readonly ladder: Ladder
  readonly session: CallSession
  readonly from: string
  nonce: string
  reattachments: number
  /** The answer to the end of the stream, until another one has started: a repeated webhook gets the same. */
  renewal: Promise<CallAnswer> | undefined
}

/** All calls of this process: admits them, gives each its nonce, and joins streams to them. */
export class Calls implements IncomingCalls {
  readonly #options: CallsOptions
  readonly #live = new Map<string, LiveCall>()
  /** Offers being answered, so that a repeated webhook waits for the same answer instead of making a second call. */
  readonly #offers = new Map<string, Promise<CallAnswer>>()
  #accepting = true

  constructor(options: CallsOptions) {
    this.#options = options
  }

  /** How many calls are live. */
  size(): number {
    return this.#live.size
  }

  /** Why no call would be taken now; empty when one would. */
  refusalReasons(): readonly string[] {
    const full = this.#live.size >= this.#options.limits.maxCalls
    return [
      ...(this.#accepting ? [] : ['shutting down']),
      ...(full ? ['at the maximum of concurrent calls'] : []),
    ]
  }

  async offer(offer: CallOffer): Promise<CallAnswer> {
    const pending = this.#offers.get(offer.callSid)
    if (pending) return pending
    const answer = this.#answer(offer)
    this.#offers.set(offer.callSid, answer)
    try {
      return await answer
    } finally {
      this.#offers.delete(offer.callSid)
    }
  }

  async claimNonce(nonce: string): Promise<NonceClaim> {
    const { clock, storage } = this.#options.ports
    const claim = await storage.claimNonce(nonce, clock.wallMs())
    if (claim.ok && !this.#isAlive(claim.callSid)) return { ok: false, reason: 'callOver' }
    return claim
  }

  attach(stream: { readonly callSid: string; readonly sink: MediaSink }): StreamAttachment {
    const call = this.#live.get(stream.callSid)
    if (!call) return { ok: false, reason: 'noSuchCall' }
    if (!this.#isAlive(stream.callSid)) return { ok: false, reason: 'callOver' }
    call.renewal = undefined
    return { ok: true, receiver: call.session.attach(stream.sink) }
  }

  async afterStream(callSid: string, report: NetworkReport = {}): Promise<CallAnswer> {
    if (report.recording) await this.onRecording({ callSid, ...report.recording })
    const call = this.#live.get(callSid)
    if (!call) {
      const known = await this.#options.ports.storage.findCall(callSid)
      return known ? { kind: 'hangUp' } : this.#apology()
    }
    // The network may tell of the stream's end before the socket does.
    call.session.streamGone('closed')
    if (call.session.phase() === 'handedOver') return call.ladder.next(report)
    call.renewal ??= this.#renew(callSid, call)
    try {
      return await call.renewal
    } catch (error) {
      call.renewal = undefined
      throw error
    }
  }

  async onRecording(update: RecordingUpdate): Promise<void> {
    await keepVoiceMessage(update, this.#options.ports)
  }

  async onStatus(update: CallStatusUpdate): Promise<void> {
    const { callSid, status, durationSeconds } = update
    const { storage } = this.#options.ports
    // Asked for first, so that the network's word for the end stands in the record and not ours, which follows.
    const written = status === 'unknown' ? undefined : storage.patchCall(callSid, { status })
    this.#live.get(callSid)?.session.statusChanged(status)
    await written
    if (durationSeconds !== undefined) await storage.patchCall(callSid, { durationSeconds })
  }

  async onStreamStatus(update: StreamStatusUpdate): Promise<void> {
    const log = this.#options.ports.log.forCall(update.callSid)
    const failed = update.event === 'stream-error'
    log.event(failed ? 'warn' : 'info', 'streamStatus', {
      streamSid: update.streamSid,
      status: update.event,
      ...(update.error !== undefined && { reason: update.error }),
    })
    await Promise.resolve()
  }

  /** Takes no more calls, says goodbye on the live ones, and resolves when all are over or the signal fires. */
  async drain(signal: AbortSignal): Promise<void> {
    this.#accepting = false
    for (const { session } of this.#live.values()) session.shutdown()
    if (this.#live.size === 0) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#onEmpty = resolve
    signal.addEventListener('abort', () => resolve(), { once: true })
    if (signal.aborted) resolve()
    await promise
  }

  #onEmpty: () => void = () => undefined

  async #answer(offer: CallOffer): Promise<CallAnswer> {
    const { ports, say } = this.#options
    const { callSid } = offer
    const live = this.#live.get(callSid)
    if (live?.session.phase() === 'handedOver') return live.ladder.next({})
    if (live) return this.#isAlive(callSid) ? { kind: 'connect', nonce: live.nonce } : { kind: 'hangUp' }
    if (await ports.storage.findCall(callSid)) return { kind: 'hangUp' }
    if (this.#isBusy(offer)) {
      ports.background('recordRefusal', this.#recordRefusal(offer))
      return { kind: 'sayAndHangUp', text: say.busy, language: say.language }
    }
    const plan = this.#options.plan(offer)
    // While the model's provider is down, calls are served without it from the start.
    const handsOver = !ports.modelHealth.mayTry()
    const session = new CallSession(plan, ports, { handsOver, onOver: () => this.#over(callSid) })
    const ladder = new Ladder(plan.ladder, handsOver)
    const call: LiveCall = {
      session,
      ladder,
      from: offer.from,
      nonce: '',
      reattachments: 0,
      renewal: undefined,
    }
    // The place is taken before the first await, so that a burst of webhooks cannot overrun the limit.
    this.#live.set(callSid, call)
    ports.metrics.count('calls_total', { direction: offer.direction })
    ports.metrics.gauge('calls_live', this.#live.size)
    try {
      await session.begin()
      if (handsOver) return call.ladder.next({})
      call.nonce = await this.#issueNonce(callSid)
    } catch (error) {
      session.fail()
      throw error
    }
    return this.#isAlive(callSid) ? { kind: 'connect', nonce: call.nonce } : { kind: 'hangUp' }
  }

  #isBusy(offer: CallOffer): boolean {
    const { ports, limits } = this.#options
    const sameCaller = [...this.#live.values()].filter(
      (call) => call.from === offer.from && isNumber(offer.from),
    ).length
    const reason =
      this.refusalReasons().length > 0
        ? 'capacity'
        : sameCaller >= limits.maxCallsPerCaller
          ? 'callerCapacity'
          : undefined
    if (!reason) return false
    ports.metrics.count('refusals_total', { reason })
    ports.log.forCall(offer.callSid).event('warn', 'callRefused', { reason, from: offer.from })
    return true
  }

  /** A call that was not taken leaves a record like any other. */
  async #recordRefusal({ callSid, direction, from, to }: CallOffer): Promise<void> {
    const { clock, storage } = this.#options.ports
    const atMs = Math.round(clock.wallMs())
    await storage.insertCall({
      callSid,
      direction,
      from,
      to,
      persona: 'none',
      actor: 'external',
      status: 'ringing',
      startedAtMs: atMs,
      endedAtMs: atMs,
      ending: 'refused',
    })
  }

  /** A new stream for a call whose stream broke, or never came about. */
  async #renew(callSid: string, call: LiveCall): Promise<CallAnswer> {
    const phase = call.session.phase()
    if (phase !== 'detached' && phase !== 'ringing') return { kind: 'hangUp' }
    if (call.reattachments >= MAX_REATTACHMENTS) return this.#apology()
    call.reattachments++
    call.nonce = await this.#issueNonce(callSid)
    return { kind: 'connect', nonce: call.nonce }
  }

  async #issueNonce(callSid: string): Promise<string> {
    const { ports, limits } = this.#options
    const nonce = randomBytes(16).toString('base64url')
    const issuedAtMs = ports.clock.wallMs()
    await ports.storage.insertNonce({
      nonce,
      callSid,
      issuedAtMs,
      expiresAtMs: issuedAtMs + limits.nonceTtlMs,
    })
    return nonce
  }

  #isAlive(callSid: string): boolean {
    const phase = this.#live.get(callSid)?.session.phase()
    return phase === 'ringing' || phase === 'live' || phase === 'detached' || phase === 'closing'
  }

  #apology(): CallAnswer {
    const { language, apology } = this.#options.say
    return { kind: 'sayAndHangUp', text: apology, language }
  }

  #over(callSid: string): void {
    this.#live.delete(callSid)
    this.#options.ports.metrics.gauge('calls_live', this.#live.size)
    if (this.#live.size === 0) this.#onEmpty()
  }
}

/** Whether a caller can be told from others: withheld numbers are not counted together. */
function isNumber(from: string): boolean {
  return /^\+[1-9][0-9]{6,14}$/.test(from)
}
