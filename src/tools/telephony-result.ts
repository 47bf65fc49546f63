import type { TelephonyOutcome } from '../ports/telephony.ts'
import type { HandlerResult, ToolInput } from '../ports/tools.ts'

/**
 * What an order to the network came to. Refused by it, or never sent: certainly nothing happened. Anything else that is
 * no acceptance leaves it open, until the network tells by its callback.
 */
export function resultOf(outcome: TelephonyOutcome, result: ToolInput): HandlerResult {
  if (!outcome.ok) return { kind: outcome.ambiguous ? 'unknown' : 'failed', code: outcome.code }
  return { kind: 'done', result, ...(outcome.sid !== undefined && { providerId: outcome.sid }) }
}
