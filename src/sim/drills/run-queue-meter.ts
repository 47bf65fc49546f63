import { readFileSync } from 'node:fs'
import type { Clock, Timer } from '../../lib/clock.ts'
import { type Stall, stallsWithin } from './stall-meter.ts'

const TICK_MS = 5
/** Waits that are shorter are not worth a memory. */
const LEAST_WAIT_MS = 1
/** Waits that are remembered; the oldest go. */
const MAX_WAITS = 400_000
const NANOSECONDS_A_MS = 1_000_000

/**
 * Notices when another process could have gone on and the machine let others run instead: what is late for that is late
 * by no work of its own. When a wait began is not told, only how long it was and, within a tick, when it ended.
 */
export class RunQueueMeter implements Disposable {
  readonly #clock: Clock
  readonly #waitedMs: () => number | undefined
  readonly #waits: Stall[] = []
  #timer: Timer
  #knownMs: number

  /** @param waitedMs how long the process has waited for a processor in all; undefined where nobody tells */
  constructor(clock: Clock, waitedMs: () => number | undefined) {
    this.#clock = clock
    this.#waitedMs = waitedMs
    this.#knownMs = waitedMs() ?? 0
    this.#timer = clock.setTimer(TICK_MS, () => this.#tick())
  }

  /** The waits of a stretch of time, each as far as it lies within. */
  within(stretch: Stall): readonly Stall[] {
    return stallsWithin(this.#waits, stretch)
  }

  [Symbol.dispose](): void {
    this.#timer.cancel()
  }

  #tick(): void {
    const nowMs = this.#clock.nowMs()
    const waitedMs = this.#waitedMs() ?? this.#knownMs
    const newMs = waitedMs - this.#knownMs
    if (newMs >= LEAST_WAIT_MS) {
      this.#waits.push({ fromMs: nowMs - newMs, toMs: nowMs })
      this.#knownMs = waitedMs
    }
    if (this.#waits.length > MAX_WAITS) this.#waits.shift()
    this.#timer = this.#clock.setTimer(TICK_MS, () => this.#tick())
  }
}

/**
 * How long the main thread of a process was ready to run and did not, since it began; undefined where the kernel does
 * not tell. Source: Linux Documentation/scheduler/sched-stats.rst, /proc/<pid>/schedstat
 */
export function queuedMsOf(pid: number): number | undefined {
  try {
    const [, waitedNs = ''] = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'latin1').split(' ')
    return /^\d+$/.test(waitedNs) ? Number(waitedNs) / NANOSECONDS_A_MS : undefined
  } catch {
    return undefined
  }
}
