import { type Confirmation, type ConfirmationEvidence, moved } from './confirmation.ts'
import {
  type ChangeReason,
  chain,
  type ConfirmationDesk,
  type DeskEffect,
  type DeskStep,
  type ToldStatus,
  withoutRecord,
  withRecord,
} from './desk.ts'

/** What a record is brought to without a yes. */
export type Ending = {
  readonly state: 'denied' | 'expired' | 'superseded' | 'cancelled'
  readonly reason: ChangeReason
  readonly told: ToldStatus
  readonly atMs: number
  /** What was believed, where it was an answer. */
  readonly evidence?: ConfirmationEvidence
}

/** Brings a record to an end without a yes: the model is told, and a question under way stops. */
export function settle(desk: ConfirmationDesk, record: Confirmation, ending: Ending): DeskStep {
  const over = moved(record, ending)
  return {
    desk: withoutRecord(desk, over),
    effects: [
      ...(record.asking ? [stopped(record)] : []),
      { kind: 'changed', record: over, reason: ending.reason },
      ...told(record, ending.told),
    ],
  }
}

/** Brings several records to an end. */
export function settleAll(
  desk: ConfirmationDesk,
  which: (record: Confirmation) => boolean,
  ending: Ending,
): DeskStep {
  const steps = desk.records
    .filter(which)
    .map((record) => (now: ConfirmationDesk) => settle(now, record, ending))
  return chain(desk, ...steps)
}

/** The caller, or a key, said yes: the stored arguments are run. The only place where a run begins. */
export function confirm(
  desk: ConfirmationDesk,
  record: Confirmation,
  { evidence, atMs }: { readonly evidence: ConfirmationEvidence; readonly atMs: number },
): DeskStep {
  const confirmed = moved(record, { state: 'confirmed', atMs, evidence })
  const { id, nonce, tool, arguments: stored, hash } = confirmed
  return {
    desk: withRecord(desk, confirmed),
    effects: [
      ...(record.asking ? [stopped(record)] : []),
      { kind: 'changed', record: confirmed, reason: 'yes' },
      { kind: 'run', id, nonce, tool, arguments: stored, hash },
    ],
  }
}

/** A confirmed record is over, with or without an effect. */
export function finish(
  desk: ConfirmationDesk,
  record: Confirmation,
  { use, status }: { readonly use: 'finished' | 'revoked'; readonly status: ToldStatus },
): DeskStep {
  return { desk: withoutRecord(desk, { ...record, use }), effects: told(record, status) }
}

/** A run that has not begun is called back. The record stays confirmed, and can never be used. */
export function revoke(
  desk: ConfirmationDesk,
  record: Confirmation,
  why: { readonly reason: ChangeReason; readonly told: ToldStatus; readonly atMs: number },
): DeskStep {
  // Over since now: the words that called it back are no turn after it.
  const revoked: Confirmation = { ...record, use: 'revoked', sinceMs: why.atMs }
  const effects: DeskEffect[] = [
    { kind: 'revoke', id: record.id },
    { kind: 'changed', record: revoked, reason: why.reason },
  ]
  return chain(
    desk,
    (now) => ({ desk: now, effects }),
    (now) => finish(now, revoked, { use: 'revoked', status: why.told }),
  )
}

function stopped(record: Confirmation): DeskEffect {
  return { kind: 'stopQuestion', id: record.id }
}

/** Every tool call that waits for a record hears of it. */
function told({ callIds, tool }: Confirmation, status: ToldStatus): readonly DeskEffect[] {
  return callIds.map((callId) => ({ kind: 'tell', callId, tool, status }))
}
