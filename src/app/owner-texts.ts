import type { Config } from '../config/config.ts'
import type { Clock, Timer } from '../lib/clock.ts'
import { inTime } from '../lib/in-time.ts'
import type { ErrandReport } from '../ports/errand-report.ts'
import type { Log, LogFields } from '../ports/log.ts'
import type { Messages } from '../ports/messages.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { NoticeClaim, NoticeOf, Notices, TextEnd } from '../ports/notices.ts'
import type { OwnerNotice } from '../ports/owner-notice.ts'
import type { MessageRecord } from '../ports/storage.ts'
import type { TelephonyControl, TelephonyOutcome } from '../ports/telephony.ts'
import { StorageError } from '../storage/storage-error.ts'
import { errandText, messageText, moreWaitText } from './notice-text.ts'

const DAY_MS = 24 * 60 * 60 * 1_000
/**
 * Texts to the owner in 24 hours: whoever calls again and again shall not spend the owner's money by them, nor keep the
 * owner from hearing of their own errands. Those who withhold their number are one caller.
 */
const MAX_PER_DAY = 100
const MAX_PER_CALLER = 10
/** A text that was refused is sent again after these; then it has failed. */
const RETRY_AFTER_MS = [30_000, 2 * 60_000, 10 * 60_000] as const
/** Texts that may wait for that at a time; a further one that is refused has failed. */
const MAX_WAITING = 100
/** What a dead process left untold is told at the start: the newest of each kind, of the last 24 hours. */
const MAX_RESUMED = 20
/** Texts that are under way at the stop are waited for so long. */
const CLOSING_MS = 2_000
/** Refusals that Twilio's client takes for unclear: 503 says that the request was not handled (RFC 9110, 15.6.4). */
const unavailable: ReadonlySet<string> = new Set(['503', '20503'])

/** What the owner is texted with, and what is written down of it. */
export type OwnerTextsPorts = {
  readonly telephony: Pick<TelephonyControl, 'sendText'>
  readonly notices: Notices
  readonly messages: Pick<Messages, 'find'>
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  readonly background: (name: string, work: Promise<unknown>) => void
}

type Notice = {
  readonly of: NoticeOf
  readonly body: string
  /** How often it was refused. */
  readonly refusals: number
}

/** What a notice is called in the log. */
type NoticeFields = Pick<LogFields, 'messageId' | 'intentId'> & { readonly name: string }

/**
 * Tells the owner by text message, at their first number, where they want that. A text that was refused is tried again a
 * few times, one that may have arrived never. What could not be sent is told of at the owner's next call.
 */
export class OwnerTexts implements OwnerNotice, AsyncDisposable {
  readonly #ports: OwnerTextsPorts
  readonly #way: { readonly from: string; readonly to: string } | undefined
  readonly #timers = new Set<Timer>()
  readonly #underWay = new Set<Promise<void>>()
  #isStopped = false

  constructor(
    {
      owner,
      twilio,
    }: {
      readonly owner: Pick<Config['owner'], 'notify' | 'phoneNumbers'>
      readonly twilio: Pick<Config['twilio'], 'phoneNumbers'>
    },
    ports: OwnerTextsPorts,
  ) {
    const [to] = owner.phoneNumbers
    const [from] = twilio.phoneNumbers
    this.#ports = ports
    if (owner.notify === 'sms' && to !== undefined && from !== undefined) this.#way = { from, to }
  }

  messageKept(message: MessageRecord): Promise<void> {
    const { messageId: id, callSid } = message
    return this.#tell({ of: { kind: 'message', id, callSid }, body: messageText(message), refusals: 0 })
  }

  errandOver(report: ErrandReport): Promise<void> {
    const { ref: id, callSid } = report
    return this.#tell({ of: { kind: 'errand', id, callSid }, body: errandText(report), refusals: 0 })
  }

  /** Tells in the background what dead processes kept and did not tell. */
  async resume(reportOf: (ref: string) => Promise<ErrandReport | undefined>): Promise<void> {
    const { messages, background } = this.#ports
    const tell = {
      message: async (id: string) => {
        const message = await messages.find(id)
        if (message) await this.messageKept(message)
      },
      errand: async (id: string) => {
        const report = await reportOf(id)
        if (report) await this.errandOver(report)
      },
    }
    for (const kind of ['message', 'errand'] as const) {
      const ids = await this.#waiting(kind)
      background('lateNotices', this.#tellEach(ids, tell[kind]))
    }
  }

  /** Waits a moment for what is under way. What waits to be sent again is for the next process. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopped = true
    for (const timer of this.#timers) timer.cancel()
    this.#timers.clear()
    if (this.#underWay.size === 0) return
    const { clock } = this.#ports
    await inTime(Promise.allSettled(this.#underWay), { clock, delayMs: CLOSING_MS })
  }

  async #waiting(kind: NoticeOf['kind']): Promise<readonly string[]> {
    const { notices, clock, log } = this.#ports
    const sinceMs = clock.wallMs() - DAY_MS
    const otherwise = this.#way ? 'failed' : 'none'
    const { ids, others } = await notices.waiting(kind, { sinceMs, max: MAX_RESUMED, otherwise })
    if (others > 0 && this.#way) log.event('warn', 'noticesGivenUp', { name: kind, count: others })
    return ids
  }

  /** One after the other: a start is no reason for a burst. */
  async #tellEach(ids: readonly string[], tell: (id: string) => Promise<void>): Promise<void> {
    for (const id of ids) if (!this.#isStopped) await tell(id)
  }

  async #tell(notice: Notice): Promise<void> {
    const telling = this.#deliver(notice)
    this.#underWay.add(telling)
    try {
      await telling
    } finally {
      this.#underWay.delete(telling)
    }
  }

  async #deliver(notice: Notice): Promise<void> {
    const { notices, clock, telephony } = this.#ports
    if (!this.#way) return await notices.forgo(notice.of, 'none')
    const sinceMs = clock.wallMs() - DAY_MS
    const allowance = { sinceMs, max: MAX_PER_DAY, maxPerCaller: MAX_PER_CALLER }
    const claim = await recorded(notices.take(notice.of, allowance))
    if (claim === 'known') return
    if (claim === 'notRecorded') return await this.#leave(notice)
    if (claim !== 'taken') return await this.#hold(notice, claim)
    const end = endOf(await telephony.sendText({ ...this.#way, body: notice.body }))
    const again = end.state === 'failed' && this.#isTriedAgain(notice)
    if (!again) this.#note(end, this.#logOf(notice), fieldsOf(notice))
    await notices.settle(notice.of, { ...end, again })
  }

  /** It could not be recorded, so it was not sent: that counts as a refusal. */
  async #leave(notice: Notice): Promise<void> {
    this.#noteHeld(notice, 'notRecorded')
    if (!this.#isTriedAgain(notice)) await this.#ports.notices.forgo(notice.of, 'failed')
  }

  /** Whether a text that was refused is left for later: for this process, or once it stops for the next one. */
  #isTriedAgain(notice: Notice): boolean {
    if (this.#isStopped) return true
    const waitMs = RETRY_AFTER_MS[notice.refusals]
    if (waitMs === undefined || this.#timers.size >= MAX_WAITING) return false
    const { clock, background } = this.#ports
    const timer = clock.setTimer(waitMs, () => {
      this.#timers.delete(timer)
      background('noticeAgain', this.#tell({ ...notice, refusals: notice.refusals + 1 }))
    })
    this.#timers.add(timer)
    return true
  }

  /** It is kept and not sent; that there are such messages the owner is told once in 24 hours. */
  async #hold(notice: Notice, reason: string): Promise<void> {
    const { notices, clock, telephony, log } = this.#ports
    this.#noteHeld(notice, reason)
    const nowMs = clock.wallMs()
    if (!this.#way || notice.of.kind !== 'message') return
    // What cannot be recorded is left to the next message that is held.
    const claim = await recorded(notices.takeMoreWait({ nowMs, sinceMs: nowMs - DAY_MS }))
    if (claim !== true) return
    const end = endOf(await telephony.sendText({ ...this.#way, body: moreWaitText }))
    this.#note(end, log, { name: 'moreWait' })
    await notices.settleMoreWait(end)
  }

  #noteHeld(notice: Notice, reason: string): void {
    this.#ports.metrics.count('owner_notices_total', { kind: notice.of.kind, outcome: 'held' })
    this.#logOf(notice).event('warn', 'noticeHeld', { ...fieldsOf(notice), reason })
  }

  #note({ state: status, code }: TextEnd, log: Log, fields: NoticeFields): void {
    this.#ports.metrics.count('owner_notices_total', { kind: fields.name, outcome: status })
    const line = { ...fields, status }
    if (status === 'sent') log.event('info', 'ownerTold', line)
    else log.event('warn', 'ownerNotTold', { ...line, ...(code !== undefined && { code }) })
  }

  #logOf({ of: { callSid } }: Notice): Log {
    return this.#ports.log.forCall(callSid)
  }
}

/** INVARIANT: a claim that could not be recorded is none, and nothing is sent for it. */
async function recorded<Claim extends NoticeClaim | boolean>(
  claim: Promise<Claim>,
): Promise<Claim | 'notRecorded'> {
  try {
    return await claim
  } catch (error) {
    if (error instanceof StorageError) return 'notRecorded'
    throw error
  }
}

function endOf(outcome: TelephonyOutcome): TextEnd {
  if (outcome.ok) return { state: 'sent', ...(outcome.sid !== undefined && { provider: outcome.sid }) }
  const { code, ambiguous } = outcome
  return { state: ambiguous && !unavailable.has(code) ? 'unknown' : 'failed', code }
}

function fieldsOf({ of: { kind, id } }: Notice): NoticeFields {
  return kind === 'message' ? { name: kind, messageId: id } : { name: kind, intentId: id }
}
