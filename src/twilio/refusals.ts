import type { Clock } from '../lib/clock.ts'
import type { Log } from '../ports/log.ts'
import type { Metrics } from '../ports/metrics.ts'

/** Where something was refused. */
export type RefusalRoute =
  'voice' | 'after-stream' | 'status' | 'stream-status' | 'sms-status' | 'recording' | 'media'

/** Why: for counters and the log, never for the peer. */
export type RefusalReason =
  | 'noSignature'
  | 'signature'
  | 'account'
  | 'repeatedField'
  | 'contentType'
  | 'tooLarge'
  | 'tooSlow'
  | 'aborted'
  | 'undecodable'
  | 'malformed'
  | 'target'
  | 'handshake'
  | 'full'
  | 'closing'
  | 'nonceUnknown'
  | 'nonceUsed'
  | 'nonceExpired'
  | 'callOver'

const LOG_EVERY_MS = 10_000

/**
 * Counts every refusal and logs it, one line per route and reason in ten seconds at most: whoever sends junk shall
 * not be able to fill the log with it. Both sets are closed, so the memory of it is bounded.
 */
export class Refusals {
  readonly #metrics: Metrics
  readonly #log: Log
  readonly #clock: Clock
  readonly #lines = new Map<string, { quietUntilMs: number; unsaid: number }>()

  constructor(options: { readonly metrics: Metrics; readonly log: Log; readonly clock: Clock }) {
    this.#metrics = options.metrics
    this.#log = options.log
    this.#clock = options.clock
  }

  add(route: RefusalRoute, reason: RefusalReason): void {
    this.#metrics.count('refusals_total', { route, reason })
    const key = `${route} ${reason}`
    const line = this.#lines.get(key) ?? { quietUntilMs: -Infinity, unsaid: 0 }
    this.#lines.set(key, line)
    line.unsaid += 1
    const nowMs = this.#clock.nowMs()
    if (nowMs < line.quietUntilMs) return
    this.#log.event('warn', 'twilioRequestRefused', { name: route, reason, count: line.unsaid })
    line.quietUntilMs = nowMs + LOG_EVERY_MS
    line.unsaid = 0
  }
}
