import type { CallInquiry } from '../ports/call-inquiry.ts'
import type { CallStatus } from '../ports/incoming-calls.ts'
import type { OrphanRecord } from '../ports/storage.ts'
import type { CallPorts } from './plan.ts'
import { isFinal } from './final-status.ts'

/** Questions and orders to the network that are under way at once: it takes about a hundred of an account. */
const LANES = 8

/** Where orphans are asked about, and how long each may stay away. */
export type OrphansOptions = {
  readonly ports: Pick<CallPorts, 'background' | 'clock' | 'log' | 'metrics' | 'storage' | 'telephony'>
  /** Unset where the network cannot be asked: then only the time tells. */
  readonly inquiry: CallInquiry | undefined
  readonly waitMs: number
}

/**
 * Calls that a dead process left open. The network is asked about each: one that is gone is closed in the record. One
 * that lives, or of which nothing can be learned, may come back, since the network asks what to do when a stream broke;
 * what has not come back when the wait is over is hung up and closed.
 */
export class Orphans {
  readonly #options: OrphansOptions
  readonly #waiting = new Map<string, OrphanRecord>()
  readonly #abort = new AbortController()
  #isWatching = false

  constructor(options: OrphansOptions) {
    this.#options = options
  }

  /** How many may still come back. */
  size(): number {
    return this.#waiting.size
  }

  has(callSid: string): boolean {
    return this.#waiting.has(callSid)
  }

  /** Knows them from now on. */
  adopt(orphans: readonly OrphanRecord[]): void {
    for (const orphan of orphans) this.#waiting.set(orphan.call.callSid, orphan)
  }

  /** Begins to ask about them, and their time to come back. */
  watch(): void {
    const { ports, waitMs } = this.#options
    if (this.#waiting.size === 0) return
    this.#isWatching = true
    const timer = ports.clock.setTimer(waitMs, () => ports.background('orphans', this.#hangUpAll()))
    this.#abort.signal.addEventListener('abort', () => timer.cancel(), { once: true })
    ports.background(
      'orphans',
      this.#inLanes((orphan) => this.#ask(orphan)),
    )
  }

  /** Whether this is one that died before it had a stream. */
  isUnanswered(callSid: string): boolean {
    const orphan = this.#waiting.get(callSid)
    return orphan !== undefined && orphan.call.answeredAtMs === undefined
  }

  /** One has come back, and is no orphan any more; undefined when it was none. */
  release(callSid: string): OrphanRecord | undefined {
    const orphan = this.#waiting.get(callSid)
    this.#waiting.delete(callSid)
    return orphan
  }

  /** The network says how one stands; a final word ends it. */
  statusChanged(callSid: string, status: CallStatus, durationSeconds?: number): void {
    const orphan = this.#waiting.get(callSid)
    if (orphan && isFinal(status)) this.#closeGone(orphan, { status, durationSeconds })
  }

  /**
   * Hangs up those that have not come back; nothing more is learned about them. Those that nobody has begun to look
   * after are left to the next start.
   * @param signal when it fires, the network's answers are waited for no longer
   */
  async giveUp(signal: AbortSignal): Promise<void> {
    this.#abort.abort()
    if (this.#isWatching) await this.#hangUpAll(signal)
  }

  async #ask(orphan: OrphanRecord): Promise<void> {
    const { callSid } = orphan.call
    if (!this.#waiting.has(callSid)) return
    const { inquiry, ports } = this.#options
    const answer = await inquiry?.standing(callSid, this.#abort.signal)
    // It may have come back, or its time may have run out, while the question was under way.
    if (!answer || !this.#waiting.has(callSid)) return
    switch (answer.kind) {
      case 'known':
        return this.statusChanged(callSid, answer.status, answer.durationSeconds)
      case 'noSuchCall':
        return this.#closeGone(orphan, {})
      case 'failed':
        ports.log.forCall(callSid).event('warn', 'orphanUnknown', { code: answer.code })
    }
  }

  async #hangUpAll(signal?: AbortSignal): Promise<void> {
    await this.#inLanes(async (orphan) => {
      const { callSid } = orphan.call
      if (!this.#waiting.delete(callSid)) return
      const { telephony, log } = this.#options.ports
      const outcome = await telephony.hangUp(callSid, signal)
      const code = outcome.ok ? {} : { code: outcome.code }
      log.forCall(callSid).event('warn', 'orphanHungUp', code)
      this.#close(orphan, {})
    })
  }

  async #inLanes(work: (orphan: OrphanRecord) => Promise<void>): Promise<void> {
    const queue = [...this.#waiting.values()].values()
    const lane = async (): Promise<void> => {
      for (const orphan of queue) await work(orphan)
    }
    await Promise.all(Array.from({ length: LANES }, lane))
  }

  #closeGone(orphan: OrphanRecord, end: { status?: CallStatus; durationSeconds?: number | undefined }): void {
    const { callSid } = orphan.call
    this.#waiting.delete(callSid)
    const status = this.#close(orphan, end)
    this.#options.ports.log.forCall(callSid).event('warn', 'orphanClosed', { status })
  }

  /** Without a word of the network one that was talking counts as completed, any other as failed. */
  #close(
    { call }: OrphanRecord,
    end: { status?: CallStatus; durationSeconds?: number | undefined },
  ): CallStatus {
    const { storage, clock, background, metrics } = this.#options.ports
    const status = end.status ?? (call.status === 'in-progress' ? 'completed' : 'failed')
    const { durationSeconds } = end
    const length = durationSeconds === undefined ? {} : { durationSeconds }
    const endedAtMs = Math.round(clock.wallMs())
    const patch = { status, endedAtMs, ending: 'processDied', ...length } as const
    background('closeOrphan', storage.patchCall(call.callSid, patch))
    metrics.count('calls_ended_total', { ending: 'processDied' })
    return status
  }
}
