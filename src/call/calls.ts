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
import type { OrphanRecord } from '../ports/storage.ts'
import type { MediaSink } from '../ports/telephony.ts'
import type { CallsOptions } from './calls-options.ts'
import { Emptiness } from './emptiness.ts'
import { issueNonce } from './issue-nonce.ts'
import { Ladder } from './ladder.ts'
import { Doorkeeper, type LoadMeter } from './doorkeeper.ts'
import { Orphans } from './orphans.ts'
import { REATTACH_MS } from './plan-call.ts'
import type { CallPlan } from './plan.ts'
import { recordRefusedCall } from './refused-call.ts'
import { offerOf, resumptionOf } from './resumption.ts'
import { CallSession } from './session.ts'
import { keepVoiceMessage } from './voice-messages.ts'

/** New streams that one call may get after its socket broke. */
const MAX_REATTACHMENTS = 3

type LiveCall = {
  readonly ladder: Ladder
  readonly session: CallSession
  readonly from: string
  nonce: string
  reattachments: number
  /** The answer to the end of the stream, until its nonce is used: a repeated webhook gets the same. */
  renewal: Promise<CallAnswer> | undefined
}

/** All calls of this process: admits them, gives each its nonce, and joins streams to them. */
export class Calls implements IncomingCalls {
  readonly #options: CallsOptions
  readonly #live = new Map<string, LiveCall>()
  /** Offers being answered, so that a repeated webhook waits for the same answer instead of making a second call. */
  readonly #offers = new Map<string, Promise<CallAnswer>>()
  readonly #orphans: Orphans
  readonly #doorkeeper: Doorkeeper
  readonly #emptiness = new Emptiness()
  #accepting = true

  constructor(options: CallsOptions) {
    this.#options = options
    const { ports, limits, ownNumbers = [], meter = calm } = options
    this.#orphans = new Orphans({ ports, inquiry: options.inquiry, waitMs: REATTACH_MS })
    this.#doorkeeper = new Doorkeeper({ ports, limits, ownNumbers, meter })
  }

  /** Knows the calls that a dead process left open; at the start, before anybody can ask for them. */
  adopt(orphans: readonly OrphanRecord[]): void {
    this.#orphans.adopt(orphans)
  }

  /** Finds out what has become of them; once the network can reach this process. */
  watchOrphans(): void {
    this.#orphans.watch()
  }

  /** How many calls are live. */
  size(): number {
    return this.#live.size
  }

  /** Whether it has a call: a live one, or one that may come back. */
  has(callSid: string): boolean {
    return this.#live.has(callSid) || this.#orphans.has(callSid)
  }

  /** Both ends of every live call. */
  liveNumbers(): readonly string[] {
    return [...this.#live.values()].flatMap(({ session: { plan } }) => [plan.from, plan.to])
  }

  /** Why no call would be taken now; empty when one would. */
  refusalReasons(): readonly string[] {
    return this.#doorkeeper.refusalReasons(this.#numbers())
  }

  async offer(offer: CallOffer): Promise<CallAnswer> {
    this.#enter(offer.callSid)
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
    if (!claim.ok) return claim
    const call = this.#live.get(claim.callSid) ?? this.#revive(claim.callSid)
    if (!call || !this.#isAlive(claim.callSid)) return { ok: false, reason: 'callOver' }
    // A socket that ends before its stream has started is asked about too, and its nonce opens no other one.
    call.renewal = undefined
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
    this.#enter(callSid)
    if (report.recording) await this.onRecording({ callSid, ...report.recording })
    const call = this.#live.get(callSid) ?? this.#revive(callSid, report)
    if (!call) {
      const known = await this.#options.ports.storage.findCall(callSid)
      return known ? { kind: 'hangUp' } : this.#apology()
    }
    // The network may tell of the stream's end before the socket does.
    call.session.streamGone('closed')
    if (call.session.phase() === 'handedOver') return nextRung(call, report)
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
    this.#enter(callSid)
    this.#orphans.statusChanged(callSid, status, durationSeconds)
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

  /** Takes no more calls; resolves when the live ones have ended by themselves, or the signal fires. */
  async close(signal: AbortSignal): Promise<void> {
    this.#accepting = false
    await this.#emptiness.reached(this.#live.size === 0, signal)
  }

  /**
   * Takes no more calls and says goodbye on the live ones; resolves when all are over. Those that are not when the
   * signal fires are cut off.
   * @returns how many that were
   */
  async drain(signal: AbortSignal): Promise<number> {
    this.#accepting = false
    for (const { session } of this.#live.values()) session.shutdown()
    const emptied = this.#emptiness.reached(this.#live.size === 0, signal)
    await Promise.all([emptied, this.#orphans.giveUp(signal)])
    const left = [...this.#live.values()]
    for (const { session } of left) session.cutOff()
    return left.length
  }

  async #answer(offer: CallOffer): Promise<CallAnswer> {
    const { ports, say } = this.#options
    const { callSid } = offer
    const live = this.#live.get(callSid)
    if (live?.session.phase() === 'handedOver') return nextRung(live, {})
    if (live) return this.#isAlive(callSid) ? { kind: 'connect', nonce: live.nonce } : { kind: 'hangUp' }
    if (this.#orphans.isUnanswered(callSid)) return this.#answerAgain(callSid)
    if (await ports.storage.findCall(callSid)) return { kind: 'hangUp' }
    const callers = [...this.#live.values()].map(({ from }) => from)
    const admission = this.#doorkeeper.admission(offer, { ...this.#numbers(), callers })
    if (admission.kind === 'busy' || admission.kind === 'reject') {
      ports.background('recordRefusal', recordRefusedCall(offer, ports))
      if (admission.kind === 'reject') return { kind: 'reject' }
      return { kind: 'sayAndHangUp', text: say.busy, language: say.language }
    }
    // While the model's provider is down, calls are served without it from the start.
    const handsOver = admission.kind === 'ladder'
    // The place is taken before the first await, so that a burst of webhooks cannot overrun the limit.
    const call = this.#add(this.#options.plan(offer), { handsOver, reattachments: 0 })
    ports.metrics.count('calls_total', { direction: offer.direction })
    const { session } = call
    try {
      await session.begin()
      if (handsOver) return nextRung(call, {})
      call.nonce = await this.#issueNonce(callSid)
    } catch (error) {
      session.fail()
      throw error
    }
    return this.#isAlive(callSid) ? { kind: 'connect', nonce: call.nonce } : { kind: 'hangUp' }
  }

  #add(
    plan: CallPlan,
    { handsOver, reattachments }: { handsOver: boolean; reattachments: number },
  ): LiveCall {
    const { callSid, from } = plan
    const onOver = (): void => this.#over(callSid)
    const session = new CallSession(plan, this.#options.ports, { handsOver, onOver })
    const ladder = new Ladder(plan.ladder, handsOver)
    const call: LiveCall = { session, ladder, from, nonce: '', reattachments, renewal: undefined }
    this.#live.set(callSid, call)
    this.#options.ports.metrics.gauge('calls_live', this.#live.size)
    return call
  }

  /** Calls of a dead process that may yet come back have their place kept. */
  #numbers(): { draining: boolean; liveCalls: number } {
    return { draining: !this.#accepting, liveCalls: this.#live.size + this.#orphans.size() }
  }

  /**
   * A call of a dead process has come back: it goes on in a session of this one.
   * @param report what the network tells of its last step, if the call was handed to it
   */
  #revive(callSid: string, { dialStatus, recording }: NetworkReport = {}): LiveCall | undefined {
    const orphan = this.#orphans.release(callSid)
    if (!orphan) return undefined
    const handsOver = dialStatus !== undefined || recording !== undefined
    const plan = this.#options.plan(offerOf(orphan), orphan.call.actor)
    const revived = this.#add(
      { ...plan, resumption: resumptionOf(orphan) },
      { handsOver, reattachments: Math.max(0, orphan.nonces - 1) },
    )
    const { ports } = this.#options
    const begun = revived.session.begin().catch((error: unknown) => {
      revived.session.fail()
      throw error
    })
    ports.background('resume', begun)
    ports.log.forCall(callSid).event('warn', 'orphanResumed', { count: orphan.turns.length })
    return revived
  }

  /** The process died between the webhook and its answer, or before the answer arrived: the network asks once more. */
  async #answerAgain(callSid: string): Promise<CallAnswer> {
    const call = this.#revive(callSid)
    if (!call) return { kind: 'hangUp' }
    // What the dead process may have answered with is known by its hash alone; it opens a socket, too, while it lives.
    call.nonce = await this.#issueNonce(callSid)
    return { kind: 'connect', nonce: call.nonce }
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

  #issueNonce(callSid: string): Promise<string> {
    const { ports, limits } = this.#options
    return issueNonce(callSid, { ports, nonceTtlMs: limits.nonceTtlMs })
  }

  /** Marks that work of a call enters the event loop. */
  #enter(callSid: string): void {
    const { loop, clock } = this.#options.ports
    loop?.enter(callSid, clock.nowMs())
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
    if (this.#live.size === 0) this.#emptiness.tell()
    this.#options.onOver?.(callSid)
  }
}

/** What the network does next for a call that it serves. Nobody waits for the record of it that a person is rung. */
function nextRung({ ladder, session }: LiveCall, report: NetworkReport): CallAnswer {
  const answer = ladder.next(report)
  if (answer.kind === 'dialPerson') session.handedToPerson()
  return answer
}

const calm: LoadMeter = { loopP99Ms: () => 0, maxLoopDelayMs: Infinity }
