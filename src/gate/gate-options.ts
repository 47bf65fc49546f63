import type { Clock } from '../lib/clock.ts'
import type { CallerTurns } from '../policy/caller-turns.ts'
import type { DeskEffect, DeskSettings } from '../policy/desk.ts'
import type { Circumstances } from '../policy/decide.ts'
import type { AuditEvent, AuditLog } from '../ports/audit.ts'
import type { EffectStorage } from '../ports/effects.ts'
import type { GateFacts } from '../ports/gate-facts.ts'
import type { Log } from '../ports/log.ts'
import type { OfferedTool } from '../ports/tools.ts'

/** What a gate works with. */
export type GatePorts = {
  readonly clock: Clock
  readonly log: Log
  readonly audit: AuditLog
  readonly effects: EffectStorage
  readonly facts: GateFacts
  /** Random hexadecimal digits that nobody can guess. */
  readonly newHex: (digits: number) => string
}

/** The call or thread that a gate stands in. */
export type GateSession = Pick<
  Circumstances,
  'sessionId' | 'actorId' | 'channel' | 'verification' | 'firstDestinations'
> & {
  readonly tools: readonly OfferedTool[]
  readonly desk: DeskSettings
  /** How long a tool may take that does not say it itself. */
  readonly toolTimeoutMs: number
  /** What the caller has said before the gate was there; nothing when unset. */
  readonly turns?: CallerTurns
}

/** Where the confirmations of a session stand, as far as it concerns who speaks when. */
export type GateStanding = {
  /** Something waits for a question or an answer. */
  readonly isOpen: boolean
  /** A question waits for its answer, is on its way, or will be as soon as what the caller is saying is known. */
  readonly isAsking: boolean
  /** What was said yes to is being done. */
  readonly isRunning: boolean
}

/** What a gate asks of whoever holds the line to the caller and to the model. None of it may throw. */
export interface GateReceiver {
  /** Put the question exactly as it is written; what becomes of it comes back as events. */
  ask(question: Omit<Extract<DeskEffect, { kind: 'ask' }>, 'kind'>): void
  /** The question under way is not to be heard any further. */
  stopQuestion(id: string): void
  /** Tell the caller that a question could not be put: nothing was done. */
  announceCancelled(tool: string): void
  /** Tell the model, in a system item, what became of its tool call. */
  tell(news: Omit<Extract<DeskEffect, { kind: 'tell' }>, 'kind'>): void
  /** Hand the model what a confirmed tool has answered, as a tool call of its own. `output` is JSON text. */
  brought(answer: { readonly tool: string; readonly output: string }): void
  /** Where the confirmations stand now, whenever that has changed. */
  stands(now: GateStanding): void
  /** What became of an approval by a key. */
  approval(verdict: Omit<Extract<DeskEffect, { kind: 'approval' }>, 'kind'>): void
}

/** A random id of ours. A letter stands before its digits, so that it never looks like a number. */
export function newId(prefix: string, newHex: GatePorts['newHex']): string {
  return `${prefix}_x${newHex(24)}`
}

/** What every record of a session in the audit log begins with. */
export function auditedSession(
  { sessionId, actorId }: GateSession,
  { facts }: GatePorts,
): Pick<AuditEvent, 'session' | 'actor' | 'strength'> {
  return { session: sessionId, actor: actorId, strength: facts.standing().strength }
}
