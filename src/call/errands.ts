import type { Clock, Timer } from '../lib/clock.ts'
import type { EffectStorage } from '../ports/effects.ts'
import type { ErrandFeed, ErrandReport, ErrandStatus } from '../ports/errand-report.ts'
import type { ErrandStorage } from '../ports/errands.ts'
import type { CallOffer, CallStatusUpdate } from '../ports/incoming-calls.ts'
import type { Log } from '../ports/log.ts'
import type { OwnerNotice } from '../ports/owner-notice.ts'
import type { CallStorage } from '../ports/storage.ts'
import { errandReport } from './errand-report.ts'

/** A call that is over at the network is over here, and written down, within this. */
const SETTLE_MS = 5_000
const RESUME_MS = 30_000
/** Errands that are known at once, and that a start goes on with. */
const MAX_OPEN = 1_000
/** Those who hear reports; each is a live call or thread. */
const MAX_WATCHERS = 10_000

/** A call that was placed for an intent: whom it is to, and what it is for. */
export type Errand = {
  readonly ref: string
  readonly callSid: string
  readonly sessionId: string
  readonly number: string
  readonly purpose: string
}

/** What errands are found, kept and reported with. */
export type ErrandPorts = {
  readonly effects: Pick<EffectStorage, 'findIntent' | 'findProposal'>
  readonly errands: ErrandStorage
  readonly calls: Pick<CallStorage, 'completeCall'>
  readonly ownerNotice: OwnerNotice
  readonly clock: Clock
  readonly log: Log
  readonly background: (name: string, work: Promise<unknown>) => void
  /** E.164. */
  readonly ownNumbers: readonly string[]
}

/**
 * Calls that we have placed. A call that names one of our intents is its call: the first, once and for ever; any other
 * is none of ours. What came of it is reported once, to the owner and to whoever asked and is still there.
 */
export class Errands implements ErrandFeed, Disposable {
  readonly #ports: ErrandPorts
  /** By call, until they are reported. */
  readonly #begun = new Map<string, Errand>()
  readonly #watchers = new Map<string, (report: ErrandReport) => void>()
  readonly #timers = new Set<Timer>()

  constructor(ports: ErrandPorts) {
    this.#ports = ports
  }

  /** Whether a call that names an intent is the call of that intent. */
  async begin(offer: CallOffer): Promise<boolean> {
    const { ref, callSid } = offer
    if (ref === undefined) return false
    if (this.#begun.get(callSid)?.ref === ref) return true
    const errand = offer.direction === 'outbound' ? await this.#errandOf(ref, callSid) : undefined
    const { ownNumbers, errands, clock, log } = this.#ports
    if (errand && errand.number === offer.to && ownNumbers.includes(offer.from)) {
      const takenAtMs = Math.round(clock.wallMs())
      const holder = await errands.take({ ref, callSid, sessionId: errand.sessionId, takenAtMs })
      if (holder === callSid) {
        this.#know(errand)
        return true
      }
    }
    log.forCall(callSid).event('warn', 'callRefused', { reason: 'foreignRef' })
    return false
  }

  /** The errand of a call, while it is not reported. */
  of(callSid: string): Errand | undefined {
    return this.#begun.get(callSid)
  }

  /** A call is over here and its record complete. */
  over(callSid: string): void {
    const errand = this.#begun.get(callSid)
    if (errand) this.#ports.background('errandReport', this.#report(errand, 'failed'))
  }

  /** The network tells how a call of ours stands. */
  async onCallStatus(update: CallStatusUpdate & { readonly ref: string }): Promise<void> {
    const { ref, callSid } = update
    const status = endOf(update.status)
    if (!status) return
    const errand = this.#begun.get(callSid) ?? (await this.#errandOf(ref, callSid))
    if (errand?.ref !== ref) return
    // Nobody has asked what it does: nobody answered.
    const { errands, clock } = this.#ports
    const takenAtMs = Math.round(clock.wallMs())
    if ((await errands.take({ ref, callSid, sessionId: errand.sessionId, takenAtMs })) !== callSid) return
    this.#reportIn(SETTLE_MS, errand, status)
  }

  /** Goes on with what dead processes left: to be called once calls that are over are closed. */
  async resume(): Promise<void> {
    for (const { ref, callSid } of await this.#ports.errands.open(MAX_OPEN)) {
      const errand = await this.#errandOf(ref, callSid)
      if (!errand) continue
      this.#know(errand)
      // By then it is known what has become of the calls that were left open.
      const intent = await this.#ports.effects.findIntent(ref)
      this.#reportIn(RESUME_MS, errand, statusOf(intent?.outcome?.code))
    }
  }

  /** A report as it was made; undefined while it is not, and once too little is known of it. */
  async reportOf(ref: string): Promise<ErrandReport | undefined> {
    const { errands, calls } = this.#ports
    const { callSid, status } = (await errands.find(ref)) ?? {}
    if (callSid === undefined || status === undefined) return undefined
    const errand = await this.#errandOf(ref, callSid)
    return errand && errandReport({ ...errand, record: await calls.completeCall(callSid), status })
  }

  watch(sessionId: string, onErrandReport: (report: ErrandReport) => void): Disposable {
    const isFull = this.#watchers.size >= MAX_WATCHERS
    if (!isFull) this.#watchers.set(sessionId, onErrandReport)
    return {
      [Symbol.dispose]: () => {
        if (this.#watchers.get(sessionId) === onErrandReport) this.#watchers.delete(sessionId)
      },
    }
  }

  /** Reports nothing any more: what is left is for the next process. */
  [Symbol.dispose](): void {
    for (const timer of this.#timers) timer.cancel()
    this.#timers.clear()
  }

  /** What an intent is for, as it was confirmed; undefined for what is no call of ours. */
  async #errandOf(ref: string, callSid: string): Promise<Errand | undefined> {
    const { effects } = this.#ports
    const intent = await effects.findIntent(ref)
    if (intent?.tool !== 'make_call' || intent.confirmationId === undefined) return undefined
    const proposal = await effects.findProposal(intent.confirmationId)
    const asked: unknown = proposal?.tool === 'make_call' ? JSON.parse(proposal.arguments) : undefined
    const [number, purpose] = [textIn(asked, 'to_number'), textIn(asked, 'purpose')]
    if (number === undefined || purpose === undefined) return undefined
    return { ref, callSid, sessionId: intent.sessionId, number, purpose }
  }

  /** The record of a call that was answered is complete a moment after the network has told of its end. */
  #reportIn(delayMs: number, errand: Errand, status: ErrandStatus): void {
    const { clock, background } = this.#ports
    const timer = clock.setTimer(delayMs, () => {
      this.#timers.delete(timer)
      background('errandReport', this.#report(errand, status))
    })
    this.#timers.add(timer)
  }

  /** One that is not known any more is found again by its callback. */
  #know(errand: Errand): void {
    this.#begun.set(errand.callSid, errand)
    const [oldest] = this.#begun.keys()
    if (this.#begun.size > MAX_OPEN && oldest !== undefined) this.#begun.delete(oldest)
  }

  async #report(errand: Errand, status: ErrandStatus): Promise<void> {
    const { errands, calls, ownerNotice, clock, log } = this.#ports
    const { ref, callSid } = errand
    const record = await calls.completeCall(callSid)
    // It still goes on in this process or another, whatever was heard of it.
    if (record && record.call.endedAtMs === undefined) return
    const report = errandReport({ ...errand, record, status })
    if (!(await errands.report(ref, { status: report.status, nowMs: Math.round(clock.wallMs()) }))) return
    this.#begun.delete(callSid)
    log.forCall(callSid).event('info', 'errandOver', { status: report.status })
    this.#tell(report)
    await ownerNotice.errandOver(report)
  }

  /** Whoever hears it may fail: that is not to keep it from the owner. */
  #tell(report: ErrandReport): void {
    try {
      this.#watchers.get(report.sessionId)?.(report)
    } catch {
      this.#ports.log.event('error', 'errandNotTold')
    }
  }
}

/** How a call came out by what stands in the outcome of its intent. */
function statusOf(code: string | undefined): ErrandStatus {
  return code === 'busy' || code === 'no-answer' || code === 'canceled' ? code : 'failed'
}

/** How a call came out whose last state the network has told; undefined while it goes on. */
function endOf(status: CallStatusUpdate['status']): ErrandStatus | undefined {
  switch (status) {
    case 'completed':
      return 'answered'
    case 'busy':
    case 'no-answer':
    case 'failed':
    case 'canceled':
      return status
    case 'queued':
    case 'initiated':
    case 'ringing':
    case 'in-progress':
    case 'unknown':
      return undefined
  }
}

function textIn(value: unknown, name: string): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const text: unknown = Reflect.get(value, name)
  return typeof text === 'string' ? text : undefined
}
