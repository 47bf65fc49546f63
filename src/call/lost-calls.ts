import type { Clock, Timer } from '../lib/clock.ts'
import type { CallInquiry } from '../ports/call-inquiry.ts'
import type { EffectStorage } from '../ports/effects.ts'
import type { ErrandStorage, LostCall } from '../ports/errands.ts'
import type { CallStatusUpdate } from '../ports/incoming-calls.ts'
import type { Log } from '../ports/log.ts'
import { isFinal } from './final-status.ts'

const MINUTE_MS = 60_000
/** Questions to the network that are under way at once: it takes about a hundred of an account. */
const LANES = 4
/** Lost calls that are looked after at once; those beyond are left to the next start. */
const MAX_CALLS = 1_000
/** Questions without an answer, each after twice the wait of the one before: two hours in all. */
const MAX_TRIES = 8
/** A call that goes on is looked at again after this. */
const AGAIN_MS = 5 * MINUTE_MS

/** What lost calls are found, asked about and told of with. */
export type LostCallsOptions = {
  readonly errands: Pick<ErrandStorage, 'lost'>
  readonly effects: Pick<EffectStorage, 'findIntent'>
  readonly inquiry: CallInquiry
  /** Takes the network's answer as it would take its callback. */
  readonly tell: (update: CallStatusUpdate & { readonly ref: string }) => Promise<void>
  readonly clock: Clock
  readonly log: Log
  readonly background: (name: string, work: Promise<unknown>) => void
  /** After this a call that was placed does not ring any more. */
  readonly ringMs: number
  /** After this it is over. */
  readonly longestMs: number
}

type Waiting = LostCall & { readonly tries: number; readonly dueMs: number }

/**
 * Calls that we have placed and whose last callback never came, since this process or the way to it was down. The
 * network is asked how they ended: at the start about all of them, and later about each that nobody has asked us about
 * by when it has rung out, and about each that is not known to be over when it must be. What it answers goes the way of
 * a callback, so that of the two the first counts.
 */
export class LostCalls implements AsyncDisposable {
  readonly #options: LostCallsOptions
  /** By intent, until the network has said how they ended or was asked often enough. */
  readonly #waiting = new Map<string, Waiting>()
  readonly #stop = new AbortController()
  #timer: Timer | undefined
  #looking: Promise<void> | undefined
  /** Those whose intents were written by then are known; Unix milliseconds, undefined before the first look. */
  #knownToMs: number | undefined

  constructor(options: LostCallsOptions) {
    this.#options = options
  }

  /** Looks for them from now on, every minute; once callbacks can reach this process. */
  watch(): void {
    const { clock, background } = this.#options
    this.#timer = clock.setTimer(MINUTE_MS, () => this.watch())
    // A look that lasts longer than a minute is not overtaken: the next one finds what has fallen due meanwhile.
    if (this.#looking) return
    this.#looking = this.#look().finally(() => (this.#looking = undefined))
    background('lostCalls', this.#looking)
  }

  /** Asks no more, and waits for what is under way: what is left is for the next process. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#timer?.cancel()
    this.#stop.abort()
    await this.#looking?.catch(() => undefined)
  }

  async #look(): Promise<void> {
    const { clock } = this.#options
    await this.#find(Math.round(clock.wallMs()))
    const nowMs = clock.nowMs()
    const due = [...this.#waiting.values()].filter(({ dueMs }) => dueMs <= nowMs).values()
    const lane = async (): Promise<void> => {
      for (const call of due) await this.#ask(call)
    }
    await Promise.all(Array.from({ length: LANES }, lane))
  }

  async #find(nowMs: number): Promise<void> {
    const { errands, clock, ringMs, longestMs } = this.#options
    const knownToMs = this.#knownToMs
    const ranges =
      knownToMs === undefined
        ? [{ fromMs: 0, toMs: nowMs }]
        : [
            { fromMs: knownToMs - ringMs, toMs: nowMs - ringMs, isUntaken: true },
            { fromMs: knownToMs - longestMs, toMs: nowMs - longestMs },
          ]
    for (const range of ranges) {
      for (const call of await errands.lost({ ...range, maxCalls: MAX_CALLS - this.#waiting.size })) {
        if (!this.#waiting.has(call.ref))
          this.#waiting.set(call.ref, { ...call, tries: 0, dueMs: clock.nowMs() })
      }
    }
    this.#knownToMs = nowMs
  }

  async #ask(call: Waiting): Promise<void> {
    const { inquiry, effects } = this.#options
    const { ref, callSid } = call
    const { signal } = this.#stop
    if (signal.aborted) return
    const { outcome } = (await effects.findIntent(ref)) ?? {}
    // Its callback has come after all.
    if (outcome?.code !== undefined) return void this.#waiting.delete(ref)
    const tries = call.tries + 1
    this.#lookAgain({ ...call, tries }, MINUTE_MS * 2 ** call.tries)
    const answer = await inquiry.standing(callSid, signal)
    if (signal.aborted) return
    switch (answer.kind) {
      case 'known': {
        const { kind: _kind, ...end } = answer
        if (isFinal(end.status)) return await this.#settle(call, end)
        if (end.status === 'unknown') return this.#tried({ ...call, tries }, 'unknownStatus')
        return this.#lookAgain({ ...call, tries: 0 }, AGAIN_MS)
      }
      case 'noSuchCall':
        return await this.#settle(call, { status: 'failed', errorCode: 'noSuchCall' })
      case 'failed':
        return this.#tried({ ...call, tries }, answer.code)
    }
  }

  #lookAgain({ ref, callSid, tries }: Omit<Waiting, 'dueMs'>, delayMs: number): void {
    this.#waiting.set(ref, { ref, callSid, tries, dueMs: this.#options.clock.nowMs() + delayMs })
  }

  async #settle({ ref, callSid }: LostCall, end: Omit<CallStatusUpdate, 'callSid' | 'ref'>): Promise<void> {
    const { tell, log } = this.#options
    await tell({ ref, callSid, ...end })
    this.#waiting.delete(ref)
    log.forCall(callSid).event('warn', 'lostCallEnded', { intentId: ref, status: end.status })
  }

  #tried({ ref, callSid, tries }: Omit<Waiting, 'dueMs'>, code: string): void {
    const isLast = tries >= MAX_TRIES
    if (isLast) this.#waiting.delete(ref)
    const kind = isLast ? 'lostCallGivenUp' : 'lostCallUnknown'
    this.#options.log.forCall(callSid).event('warn', kind, { intentId: ref, code })
  }
}
