import type { EffectStorage } from '../ports/effects.ts'
import type { Parts } from './parts.ts'

/** An effect of which nobody knows after this long what came of it is not left to callbacks alone. */
const UNRESOLVED_MS = 10 * 60_000
/** Shown at a time; what is more is shown a minute later. */
const MAX_SHOWN = 50

/**
 * Shows operators the effects that have been `unknown` for ten minutes: a line of the log for each, once, and a gauge of
 * all of them. From then on the owner is told of them, at their next call. To be called every minute.
 */
export async function showUnresolved(
  { clock, log, metrics }: Pick<Parts, 'clock' | 'log' | 'metrics'>,
  effects: Pick<EffectStorage, 'showUnresolved'>,
): Promise<void> {
  const nowMs = clock.wallMs()
  const by = { actor: 'server' }
  const from = { nowMs, sinceMs: nowMs - UNRESOLVED_MS, maxIntents: MAX_SHOWN, by }
  const { shown, count } = await effects.showUnresolved(from)
  metrics.gauge('effects_unresolved', count)
  for (const { intentId, sessionId, tool } of shown)
    log.event('warn', 'effectUnresolved', { intentId, sessionId, tool })
}
