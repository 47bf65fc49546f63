import { inTime } from '../lib/in-time.ts'
import type { Confirmation } from '../policy/confirmation.ts'
import { decide, type Decision } from '../policy/decide.ts'
import { toolRule } from '../policy/tool-rules.ts'
import type { Reach } from '../ports/gate-facts.ts'
import type { ToolInput } from '../ports/tools.ts'
import type { GatePorts, GateSession } from './gate-options.ts'
import type { SeenInTurn } from './turn-memory.ts'

/** What is judged. */
export type Wanted = {
  readonly name: string
  readonly hash: string
  readonly input: ToolInput
  readonly seen: SeenInTurn
  readonly isAuditWritable: boolean
  /** Whether the session may not have this tool done any more. */
  readonly isUsedUp: boolean
  readonly confirmation?: { readonly record: Confirmation; readonly nonce: string } | undefined
}

/** A decision, and what was found out for it. */
export type Judgement = {
  readonly decision: Decision
  readonly destination: string | undefined
  readonly reach: Reach | undefined
}

/** Facts that take longer than this are none. */
const FACTS_MS = 2_000

/** Finds out how things stand now, and decides. Whatever goes wrong on the way is a no. */
export async function judge(wanted: Wanted, session: GateSession, ports: GatePorts): Promise<Judgement> {
  const destination = destinationOf(wanted.name, wanted.input)
  try {
    const reach = destination === undefined ? undefined : await reachOf(wanted.name, destination, ports)
    return { decision: decisionOn(wanted, reach, { session, ports }), destination, reach }
  } catch {
    return { decision: { kind: 'deny', reasons: ['ruleFailed'] }, destination, reach: undefined }
  }
}

/** The decision about a name that no tool has: there is a table for that, too. */
export function judgeUnknown(name: string, session: GateSession, ports: GatePorts): Decision {
  const seen = { hasPrivate: true, taint: [] }
  const wanted = { name, hash: '', input: {}, seen, isAuditWritable: true, isUsedUp: false }
  try {
    return decisionOn(wanted, undefined, { session, ports })
  } catch {
    return { kind: 'deny', reasons: ['ruleFailed'] }
  }
}

/** Whom a tool would reach: exactly what the model wrote. */
export function destinationOf(name: string, input: ToolInput): string | undefined {
  const field = toolRule(name)?.hasNumber === true ? 'to_number' : 'to'
  const destination = input[field]
  return typeof destination === 'string' ? destination : undefined
}

/** A destination of which nothing can be found out in time is unchecked, which is a no. */
async function reachOf(name: string, destination: string, ports: GatePorts): Promise<Reach | undefined> {
  const { clock, facts, log } = ports
  try {
    const found = await inTime(facts.reach(name, destination), { clock, delayMs: FACTS_MS })
    if (found.kind === 'done') return found.value
  } catch {
    // The row of the table that wants a verdict denies.
  }
  log.event('error', 'destinationNotChecked', { tool: name })
  return undefined
}

function decisionOn(
  wanted: Wanted,
  reach: Reach | undefined,
  { session, ports }: { readonly session: GateSession; readonly ports: GatePorts },
): Decision {
  const { sessionId, actorId, channel, verification, firstDestinations } = session
  const { strength, pin, isInScope, limits } = ports.facts.standing()
  const { name, hash, seen, isAuditWritable, isUsedUp, confirmation } = wanted
  const isSent = destinationOf(name, wanted.input) !== undefined
  return decide({
    tool: name,
    hash,
    sessionId,
    actorId,
    channel,
    verification,
    firstDestinations,
    strength,
    pin,
    isInScope,
    turn: { hasPrivate: seen.hasPrivate, hasUntrusted: seen.taint.length > 0 },
    destination: reach?.verdict,
    // Unknown is first: it needs more, not less. What a known tool sends to nobody has no first time.
    isFirstDestination: (!toolRule(name) || isSent) && (reach?.isFirst ?? true),
    limits: isUsedUp ? { ok: false, reason: 'perSession' } : limits,
    isAuditWritable,
    confirmation,
  })
}
