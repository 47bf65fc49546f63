import { performance } from 'node:perf_hooks'
import { lookTickMs, sharedTickMs, sharedTickWithin } from '../lib/clock.ts'
import type { Clock, Timer } from '../lib/clock.ts'
import type { Log } from '../ports/log.ts'
import type { LoopEntries } from '../ports/loop-entries.ts'
import type { Metrics } from '../ports/metrics.ts'

/** A loop that stands still for longer than this is reported. */
const BLOCKED_MS = 200
/** The time that counts as recent, in which there are 125 ticks as a rule, and never more than so many. */
const RECENT_MS = 5_000
const RECENT_TICKS = 256
/** A loop with fewer ticks in that time has stood still for most of it. */
const FEW_TICKS = 50
/** A process that has only just started is late for reasons of its own. */
const SETTLED_MS = 2_000
/** How often the recent delay is shown to the metrics: every second. */
const SHOW_EVERY_TICKS = 1_000 / lookTickMs
/** Who entered the loop longer ago than this has nothing to do with its standing still. */
const SUSPECT_MS = 1_000

/** How long the event loop of this process has waited for something to do since it began, in milliseconds. */
export const loopIdleMs = (): number => performance.nodeTiming.idleTime

/**
 * Measures how late the event loop is, all the time, and reports when it stood still, with the call whose work it was.
 *
 * A loop that is blocked cannot report itself, so it does when it runs again. By then others have entered it: what
 * waited comes first, and the timer of the watch after it. So each entry is compared with the one before it, and the
 * call after whose entry nothing came for longest is the one that is named. A loop that never comes back is not
 * reported from within: the health check of whoever runs the process ends it, and the next start finds its calls.
 */
export class LoopWatch implements LoopEntries, Disposable {
  readonly #clock: Clock
  readonly #log: Log
  readonly #metrics: Metrics
  readonly #idleMs: () => number
  readonly #lateMs = new Float64Array(RECENT_TICKS)
  readonly #tickedAtMs = new Float64Array(RECENT_TICKS).fill(-Infinity)
  #ticks = 0
  #startedMs: number
  #lastTickMs: number
  #idleAtLastTickMs = 0
  #timer: Timer | undefined
  /** The last entry. */
  #callSid = ''
  #enteredAtMs = -Infinity
  /** The entry since the last tick after which nothing came for longest. */
  #longestMs = 0
  #suspect = ''

  /** @param ports.idleMs how long the loop has waited for something to do since some beginning, in milliseconds */
  constructor(ports: {
    readonly clock: Clock
    readonly log: Log
    readonly metrics: Metrics
    readonly idleMs: () => number
  }) {
    this.#clock = ports.clock
    this.#log = ports.log
    this.#metrics = ports.metrics
    this.#idleMs = ports.idleMs
    this.#startedMs = ports.clock.nowMs()
    this.#lastTickMs = this.#startedMs
  }

  /** Begins to watch: once, when the process has started, which keeps the loop busy for a while. */
  start(): void {
    this.#startedMs = this.#clock.nowMs()
    this.#lastTickMs = this.#startedMs
    this.#idleAtLastTickMs = this.#idleMs()
    this.#setTimer()
  }

  enter(callSid: string, atMs: number): void {
    if (atMs - this.#enteredAtMs > this.#longestMs) this.#suspectLast(atMs)
    this.#callSid = callSid
    this.#enteredAtMs = atMs
  }

  /**
   * How late the loop was in the last five seconds, in ms: the second longest of its ticks, which is their 99th
   * percentile. So a single stall does not count, but for a loop that hardly turns any more the longest one does. 0 in
   * the first two seconds.
   */
  recentP99Ms(): number {
    const nowMs = this.#clock.nowMs()
    if (nowMs - this.#startedMs < SETTLED_MS) return 0
    const sinceMs = nowMs - RECENT_MS
    const recent = this.#lateMs.filter((_, index) => (this.#tickedAtMs[index] ?? 0) >= sinceMs).toSorted()
    return recent.at(recent.length < FEW_TICKS ? -1 : -2) ?? 0
  }

  [Symbol.dispose](): void {
    this.#timer?.cancel()
  }

  #setTimer(): void {
    const nowMs = this.#clock.nowMs()
    const delayMs = sharedTickWithin(nowMs, lookTickMs)
    // A shared tick is a whole number, and its timer asks for a little less.
    const dueMs = Math.ceil(nowMs + delayMs)
    this.#timer = this.#clock.setTimer(delayMs, () => this.#tick(dueMs))
  }

  #tick(dueMs: number): void {
    const nowMs = this.#clock.nowMs()
    const idleMs = this.#idleMs()
    const busyMs = nowMs - this.#lastTickMs - (idleMs - this.#idleAtLastTickMs)
    const lateMs = this.#lateness({ nowMs, dueMs, busyMs })
    const place = this.#ticks++ % RECENT_TICKS
    this.#lateMs[place] = lateMs
    this.#tickedAtMs[place] = nowMs
    if (lateMs > BLOCKED_MS) this.#report({ nowMs, lateMs, busyMs })
    if (this.#ticks % SHOW_EVERY_TICKS === 0) {
      this.#metrics.gauge('event_loop_recent_p99_ms', this.recentP99Ms())
    }
    this.#lastTickMs = nowMs
    this.#idleAtLastTickMs = idleMs
    this.#longestMs = 0
    this.#suspect = ''
    this.#setTimer()
  }

  /**
   * How late a tick is. One that is clearly late fell due when the loop stood still already: for how long is known from the
   * time since the last tick that it did not spend waiting, and of which a shared tick's length may have been other work.
   */
  #lateness(tick: { readonly nowMs: number; readonly dueMs: number; readonly busyMs: number }): number {
    const lateMs = Math.max(0, tick.nowMs - tick.dueMs)
    if (lateMs < sharedTickMs) return lateMs
    return Math.max(lateMs, Math.min(tick.busyMs, tick.nowMs - this.#lastTickMs - sharedTickMs))
  }

  /** The loop has turned since an entry before the last tick: only what came after the tick can be held against it. */
  #suspectLast(untilMs: number): void {
    const heldMs = untilMs - Math.max(this.#enteredAtMs, this.#lastTickMs)
    if (heldMs <= this.#longestMs) return
    this.#longestMs = heldMs
    this.#suspect = this.#lastTickMs - this.#enteredAtMs > SUSPECT_MS ? '' : this.#callSid
  }

  #report(stall: { readonly nowMs: number; readonly lateMs: number; readonly busyMs: number }): void {
    this.#suspectLast(stall.nowMs)
    const log = this.#suspect === '' ? this.#log : this.#log.forCall(this.#suspect)
    // Since the last entry the loop may have waited, too.
    const durationMs = Math.max(stall.lateMs, Math.min(this.#longestMs, stall.busyMs))
    log.event('warn', 'loopBlocked', { durationMs })
    this.#metrics.count('loop_blocked_total')
  }
}
