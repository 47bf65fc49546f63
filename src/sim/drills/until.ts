import type { Clock } from '../../lib/clock.ts'
import { DrillError } from './drill.ts'

const LOOK_EVERY_MS = 50

/** Lets so much time pass. */
export function pass(clock: Clock, durationMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  clock.setTimer(durationMs, resolve)
  return promise
}

/**
 * Waits until something is so.
 * @param wait.what for the error, as in "the calls are under way"
 * @throws DrillError when it is not so in time
 */
export async function until(
  clock: Clock,
  wait: { readonly what: string; readonly withinMs: number },
  holds: () => boolean | Promise<boolean>,
): Promise<void> {
  const untilMs = clock.nowMs() + wait.withinMs
  while (!(await holds())) {
    if (clock.nowMs() > untilMs) throw new DrillError(`Gave up waiting until ${wait.what}`)
    await pass(clock, LOOK_EVERY_MS)
  }
}
