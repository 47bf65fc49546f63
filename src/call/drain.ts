import { type Clock, deadline } from '../lib/clock.ts'

/** What a goodbye takes: the sentence (two seconds), the order to hang up, and the caller's last words. */
const GOODBYE_MS = 6_000
/** What closing takes after the last call: the last answers to the network, and the last writes. */
const CLOSING_MS = 3_000
/** A drain that is shorter than usual gives this share of its time to each of the two. */
const LEAST_SHARE = 0.25
/** A call that was cut off makes the network ask what comes next: so long an answer is ready. */
const LAST_QUESTIONS_MS = 500

/** The calls of a process, as far as its end concerns them. */
export type Drainable = {
  /** Takes no more calls; resolves when the live ones have ended by themselves, or the signal fires. */
  close(signal: AbortSignal): Promise<void>
  /**
   * Says goodbye on the live calls; resolves when all are over. Those that are not when the signal fires are cut off.
   * @returns how many that were
   */
  drain(signal: AbortSignal): Promise<number>
}

/**
 * Ends all calls within a bound, whatever the network does: new ones are refused at once, live ones may end by
 * themselves, those that have not are told goodbye, and those that cannot be told are cut off.
 * @param options.drainMs the bound, closing included
 * @param options.hurry when it fires, or has, goodbye is said at once
 */
export async function drainCalls(
  calls: Drainable,
  options: { readonly clock: Clock; readonly drainMs: number; readonly hurry: AbortSignal },
): Promise<void> {
  const { clock, drainMs, hurry } = options
  const closingMs = Math.min(CLOSING_MS, drainMs * LEAST_SHARE)
  const goodbyeMs = Math.min(GOODBYE_MS, drainMs * LEAST_SHARE)
  const cutAtMs = clock.nowMs() + drainMs - closingMs
  {
    const delayMs = drainMs - closingMs - goodbyeMs
    using patience = deadline({ clock, delayMs, signal: hurry, reason: 'The time for live calls is over' })
    await calls.close(patience.signal)
  }
  using cut = deadline({ clock, delayMs: cutAtMs - clock.nowMs(), reason: 'The time for goodbyes is over' })
  const cutOff = await calls.drain(cut.signal)
  if (cutOff === 0) return
  const { promise: answered, resolve } = Promise.withResolvers<void>()
  clock.setTimer(Math.min(LAST_QUESTIONS_MS, closingMs / 2), resolve)
  await answered
}
