import type { Calls } from '../call/calls.ts'
import { LostCalls } from '../call/lost-calls.ts'
import { createBackground } from '../ops/background.ts'
import type { Records } from '../storage/open-storage.ts'
import type { Outside } from './build-outside.ts'
import { RING_MS } from './call-gate.ts'
import type { Parts } from './parts.ts'

/**
 * Begins to ask the network about calls that were placed and of whose end nobody has told. An answer is taken as the
 * status webhook is.
 * @returns what ends that
 */
export function findLostCalls(
  { config, clock, log, metrics }: Pick<Parts, 'config' | 'clock' | 'log' | 'metrics'>,
  { errands, effects }: Pick<Records, 'errands' | 'effects'>,
  to: { readonly calls: Pick<Calls, 'onStatus'>; readonly outside: Pick<Outside, 'telephony' | 'callbacks'> },
): AsyncDisposable {
  const { calls, outside } = to
  const lost = new LostCalls({
    errands,
    effects,
    inquiry: outside.telephony,
    tell: async (update) => {
      await calls.onStatus(update)
      await outside.callbacks.onCallStatus(update)
    },
    clock,
    log,
    background: createBackground({ log, metrics }),
    ringMs: RING_MS,
    longestMs: config.limits.callMaxSeconds * 1_000 + RING_MS,
  })
  lost.watch()
  return lost
}
