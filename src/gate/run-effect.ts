import type { ClaimLimit, IntentDraft, OutcomeRecord } from '../ports/effects.ts'
import type { HandlerResult, OfferedTool, ToolInput } from '../ports/tools.ts'
import type { GatePorts, GateSession } from './gate-options.ts'
import { newId } from './gate-options.ts'
import { runHandler } from './run-handler.ts'

/** An effect that was decided on. */
export type DecidedEffect = {
  readonly tool: OfferedTool
  readonly input: ToolInput
  /** See HandlerContext. */
  readonly eventVersion?: number | undefined
  readonly draft: Omit<IntentDraft, 'intentId' | 'createdAtMs'>
  /** Counted in the step that writes the intent; undefined where nothing is. */
  readonly limit: ClaimLimit | undefined
  /**
   * Asked when the intent is on disk and nothing was sent: whether the effect still may begin; if not, why. The last
   * word: the handler is called in the same turn of the loop.
   */
  readonly objection: () => string | undefined
  readonly signal: AbortSignal
}

/** What became of it: it ran, it must not, or it was begun before. */
export type EffectEnd =
  | { readonly kind: 'ran'; readonly result: HandlerResult }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'duplicate'; readonly outcome: OutcomeRecord | undefined }

/** Waits before an outcome is written again that could not be. */
const RETRIES_MS: readonly number[] = [200, 1_000, 5_000]

/**
 * Intent, handler, outcome.
 * INVARIANT: the handler is called once for each intent, and only after the intent is on disk. When nobody can tell
 * whether it is, the handler is not called.
 */
export async function runEffect(
  effect: DecidedEffect,
  { session, ports }: { readonly session: GateSession; readonly ports: GatePorts },
): Promise<EffectEnd> {
  const { clock, effects, log } = ports
  const { tool, input, signal } = effect
  const intentId = newId('intent', ports.newHex)
  const settle = (result: HandlerResult): Promise<void> =>
    settled({ intentId, outcome: outcomeOf(result, clock) }, ports)
  const draft = { ...effect.draft, intentId, createdAtMs: clock.wallMs() }
  try {
    const claim = await effects.claimIntent(draft, effect.limit)
    if (!claim.ok) {
      if (claim.reason === 'duplicate') return { kind: 'duplicate', outcome: claim.intent.outcome }
      return { kind: 'refused', reason: claim.reason === 'limited' ? claim.limit : claim.reason }
    }
  } catch {
    log.event('error', 'intentNotWritten', { tool: tool.definition.name })
    // Where it was written after all, it says that nothing was begun.
    await settle({ kind: 'failed', code: 'notBegun' })
    return { kind: 'refused', reason: 'intentNotWritten' }
  }
  const objection = effect.objection()
  if (objection !== undefined) {
    await settle({ kind: 'failed', code: objection })
    return { kind: 'refused', reason: objection }
  }
  const timeoutMs = tool.timeoutMs ?? session.toolTimeoutMs
  const { sessionId, actorId } = session
  const names = { intentId, sessionId, actorId, eventVersion: effect.eventVersion }
  const { result, late } = await runHandler(tool, input, { ...names, clock, timeoutMs, signal })
  await settle(result)
  void late?.then((better) => (better.kind === 'unknown' ? undefined : settle(better)))
  return { kind: 'ran', result }
}

function outcomeOf(result: HandlerResult, clock: GatePorts['clock']): OutcomeRecord {
  const { kind: state, providerId } = result
  return {
    state,
    ...(providerId !== undefined && { providerId }),
    ...(result.kind !== 'done' && { code: result.code }),
    settledAtMs: clock.wallMs(),
  }
}

/** Never rejects: an outcome that cannot be written is tried again a while, and is `unknown` from the next start on. */
async function settled(
  of: { readonly intentId: string; readonly outcome: OutcomeRecord },
  ports: GatePorts,
  tries = 0,
): Promise<void> {
  const { clock, effects, log } = ports
  try {
    await effects.settleIntent(of.intentId, of.outcome)
  } catch {
    const delayMs = RETRIES_MS[tries]
    if (delayMs === undefined) return log.event('error', 'outcomeNotWritten')
    clock.setTimer(delayMs, () => void settled(of, ports, tries + 1))
  }
}
