// Not the global, which is a getter: this is asked with every frame.
import { performance } from 'node:perf_hooks'
import { TimerWheel } from './timer-wheel.ts'

/** A timer that was set and can be taken back. */
export type Timer = {
  /** Takes the timer back; harmless after it has fired. */
  cancel(): void
}

/**
 * Time as a port. Everything inside a call asks this and never Date, performance or setTimeout, so that a test can
 * let an hour pass in a millisecond.
 */
export type Clock = {
  /** Monotonic milliseconds since an arbitrary start, with fractions. Lengths, deadlines and order use this. */
  nowMs(): number
  /** Unix milliseconds, for records that people read; never steps backwards within one process. */
  wallMs(): number
  /** Calls `fire` once after delayMs, unless cancelled. */
  setTimer(delayMs: number, fire: () => void): Timer
}

/** Every timer of the process: however many calls there are, the machine is asked for one. */
const wheel = new TimerWheel({
  nowMs: () => performance.now(),
  setAlarm(delayMs, ring) {
    // Whole: Node cuts fractions off, wakes up too early and goes to sleep again.
    const alarm = setTimeout(ring, Math.ceil(delayMs))
    return () => clearTimeout(alarm)
  },
  // Where what is thrown in a timer of the machine arrives, too.
  onThrown: (error) =>
    void setImmediate(() => {
      throw error
    }),
})

/**
 * The machine's own clock. Timers fire at the next of its ticks, a few milliseconds late and never early. Wall time is
 * the start of the process plus monotonic time, so that a correction of the system clock cannot move a deadline.
 */
export const systemClock: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => performance.timeOrigin + performance.now(),
  setTimer: (delayMs, fire) => wheel.set(delayMs, fire),
}

/** What may wait a little falls due at multiples of this on the clock, so that one waking of the process serves all. */
export const sharedTickMs = 20

/** Looks that nobody waits for fall due with every second shared tick, where they can. */
export const lookTickMs = 2 * sharedTickMs

/** A sum may come out above what was meant by less than this, and would wait for a tick of its own. */
const ROUNDING_MS = 0.001

/**
 * How long it is from a time of the clock to the last look within the next `atMostMs`, or else to the last shared tick in
 * them; to their end where there is none.
 */
export function sharedTickWithin(nowMs: number, atMostMs: number): number {
  const untilMs = nowMs + atMostMs
  for (const everyMs of [lookTickMs, sharedTickMs]) {
    const delayMs = Math.floor(untilMs / everyMs) * everyMs - nowMs - ROUNDING_MS
    if (delayMs > 0) return delayMs
  }
  return atMostMs
}

/**
 * An AbortSignal that fires after delayMs on the given clock, or with the outer signal.
 * @returns the signal, and a disposer that takes the timer back
 */
export function deadline(options: { clock: Clock; delayMs: number; signal?: AbortSignal; reason: string }): {
  signal: AbortSignal
  [Symbol.dispose](): void
} {
  const controller = new AbortController()
  const timer = options.clock.setTimer(options.delayMs, () => controller.abort(new Error(options.reason)))
  const signal = options.signal ? AbortSignal.any([options.signal, controller.signal]) : controller.signal
  return { signal, [Symbol.dispose]: () => timer.cancel() }
}

/** ISO 8601 text in UTC of a wall-clock time in Unix milliseconds. */
export function isoTime(wallMs: number): string {
  return new Date(wallMs).toISOString()
}
