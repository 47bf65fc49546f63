import type { Kysely } from 'kysely'
import { z } from 'zod'
import type {
  ConfirmationPatch,
  ConfirmationRecord,
  ConfirmationState,
  IntentDraft,
} from '../ports/effects.ts'
import { optionalTimeMs, present, storableText, timeText } from './columns.ts'
import { isOrphan } from './processes.ts'
import type { Schema } from './schema.ts'

const openStates: readonly ConfirmationState[] = ['proposed', 'asked']
const evidenceSchema = z
  .strictObject({ by: z.string(), id: z.string().optional() })
  .transform(({ by, id }) => present({ by, id }))

/** Inserts the confirmation of a proposal, which nobody has been asked about yet. */
export async function insertConfirmation(
  db: Kysely<Schema>,
  confirmation: {
    readonly proposalId: string
    readonly nonceHash: string
    readonly ttlMs: number
    readonly createdAtMs: number
    readonly owner: number
  },
): Promise<void> {
  await db
    .insertInto('confirmations')
    .values({
      proposal_id: confirmation.proposalId,
      nonce_hash: confirmation.nonceHash,
      state: 'proposed',
      ttl_ms: confirmation.ttlMs,
      attempts: 0,
      question: null,
      asked_at: null,
      decided_at: null,
      evidence: null,
      used_at: null,
      created_at: timeText(confirmation.createdAtMs),
      owner: confirmation.owner,
    })
    .execute()
}

/**
 * Moves a confirmation.
 * INVARIANT: one statement looks and moves, so that a final state never changes, also between processes.
 * @returns false when it is final or not known
 */
export async function moveConfirmation(
  db: Kysely<Schema>,
  proposalId: string,
  patch: ConfirmationPatch,
): Promise<boolean> {
  const rows = await db
    .updateTable('confirmations')
    .set(
      present({
        state: patch.state,
        attempts: patch.attempts,
        question: patch.question === undefined ? undefined : storableText(patch.question),
        asked_at: patch.askedAtMs === undefined ? undefined : timeText(patch.askedAtMs),
        decided_at: patch.decidedAtMs === undefined ? undefined : timeText(patch.decidedAtMs),
        evidence: patch.evidence && JSON.stringify(patch.evidence),
      }),
    )
    .where('proposal_id', '=', proposalId)
    .where('state', 'in', openStates)
    .returning('proposal_id')
    .execute()
  return rows.length > 0
}

/**
 * Uses up a confirmation for exactly what it says yes to.
 * INVARIANT: one statement looks and takes, so that each is used once, also between processes.
 * @returns false when it says no such yes, or was used
 */
export async function useConfirmation(db: Kysely<Schema>, draft: IntentDraft): Promise<boolean> {
  const { confirmationId = '', nonceHash = '' } = draft
  const rows = await db
    .updateTable('confirmations')
    .set({ used_at: timeText(draft.createdAtMs) })
    .where('proposal_id', '=', confirmationId)
    .where('nonce_hash', '=', nonceHash)
    .where('state', '=', 'confirmed')
    .where('used_at', 'is', null)
    .where((where) =>
      where.exists(
        where
          .selectFrom('proposals')
          .select('proposals.proposal_id')
          .whereRef('proposals.proposal_id', '=', 'confirmations.proposal_id')
          .where('tool', '=', draft.tool)
          .where('arguments_hash', '=', draft.argumentsHash)
          .where('session_id', '=', draft.sessionId)
          .where('actor', '=', draft.actor),
      ),
    )
    .returning('proposal_id')
    .execute()
  return rows.length > 0
}

/** Reads one confirmation. */
export async function findConfirmation(
  db: Kysely<Schema>,
  proposalId: string,
): Promise<ConfirmationRecord | undefined> {
  const row = await db
    .selectFrom('confirmations')
    .selectAll()
    .where('proposal_id', '=', proposalId)
    .executeTakeFirst()
  return (
    row &&
    present({
      proposalId: row.proposal_id,
      nonceHash: row.nonce_hash,
      state: row.state,
      ttlMs: row.ttl_ms,
      attempts: row.attempts,
      question: row.question ?? undefined,
      askedAtMs: optionalTimeMs(row.asked_at),
      decidedAtMs: optionalTimeMs(row.decided_at),
      evidence: row.evidence === null ? undefined : evidenceSchema.parse(JSON.parse(row.evidence)),
      usedAtMs: optionalTimeMs(row.used_at),
    })
  )
}

/** Cancels every open confirmation of `dead` processes; answers which, and how often each was asked. */
export async function voidConfirmations(
  db: Kysely<Schema>,
  { nowMs, dead }: { readonly nowMs: number; readonly dead: readonly number[] },
): Promise<readonly Pick<ConfirmationRecord, 'proposalId' | 'attempts'>[]> {
  const rows = await db
    .updateTable('confirmations')
    .set({ state: 'cancelled', decided_at: timeText(nowMs) })
    .where('state', 'in', openStates)
    .where(isOrphan('confirmations.owner', dead))
    .returning(['proposal_id', 'attempts'])
    .execute()
  return rows.map(({ proposal_id: proposalId, attempts }) => ({ proposalId, attempts }))
}
