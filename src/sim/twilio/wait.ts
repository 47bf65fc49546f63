import type { Clock } from '../../lib/clock.ts'

/** Resolves after durationMs on the clock, or as soon as the signal fires. */
export function waitMs(clock: Clock, durationMs: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = clock.setTimer(durationMs, done)
  function done(): void {
    timer.cancel()
    signal.removeEventListener('abort', done)
    resolve()
  }
  signal.addEventListener('abort', done)
  if (signal.aborted) done()
  return promise
}
