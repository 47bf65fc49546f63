import { sql, type Kysely } from 'kysely'
import type { EffectCount, IntentDraft, IntentRecord } from '../ports/effects.ts'
import { present, timeMs, timeText } from './columns.ts'
import { outcomeOf } from './outcomes.ts'
import type { Keyed } from './person-key.ts'
import { isOrphan } from './processes.ts'
import type { IntentsTable, OutcomesTable } from './effect-tables.ts'
import type { Schema } from './schema.ts'

/** Inserts an intent. @returns false when there is one of its scope and key */
export async function insertIntent(
  db: Kysely<Schema>,
  draft: IntentDraft,
  ours: { readonly keyed: Keyed; readonly owner: number },
): Promise<boolean> {
  const { destination, range } = draft
  const rows = await db
    .insertInto('intents')
    .values({
      intent_id: draft.intentId,
      scope: draft.scope,
      key: draft.key,
      tool: draft.tool,
      arguments_hash: draft.argumentsHash,
      session_id: draft.sessionId,
      actor: draft.actor,
      strength: draft.strength,
      confirmation_id: draft.confirmationId ?? null,
      destination_hash: destination === undefined ? null : ours.keyed(destination),
      destination_last4: destination === undefined ? null : last4Of(destination),
      range_hash: range === undefined ? null : ours.keyed(range),
      created_at: timeText(draft.createdAtMs),
      // Known when the audit log has taken it, later in the same transaction.
      audit_seq: 0,
      owner: ours.owner,
    })
    .onConflict((conflict) => conflict.columns(['scope', 'key']).doNothing())
    .returning('intent_id')
    .execute()
  return rows.length > 0
}

/** Notes an intent's place in the audit log. */
export async function setAuditSeq(db: Kysely<Schema>, intentId: string, auditSeq: number): Promise<void> {
  await db.updateTable('intents').set({ audit_seq: auditSeq }).where('intent_id', '=', intentId).execute()
}

/** The last record of the audit log that an intent has its place in; 0 when there is none. */
export async function lastAuditSeq(db: Kysely<Schema>): Promise<number> {
  const row = await db
    .selectFrom('intents')
    .select('audit_seq')
    .orderBy('audit_seq', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.audit_seq ?? 0
}

/** Reads the intent of a scope and key. */
export async function intentOfKey(
  db: Kysely<Schema>,
  { scope, key }: { readonly scope: string; readonly key: string },
): Promise<IntentRecord | undefined> {
  const row = await withOutcome(db).where('scope', '=', scope).where('key', '=', key).executeTakeFirst()
  return row && intentOf(row)
}

/** Reads one intent. */
export async function findIntent(db: Kysely<Schema>, intentId: string): Promise<IntentRecord | undefined> {
  const row = await withOutcome(db).where('intents.intent_id', '=', intentId).executeTakeFirst()
  return row && intentOf(row)
}

/** Some of the intents to a destination, those after one in the audit log, the oldest first. */
export async function intentsTo(
  db: Kysely<Schema>,
  destinationHash: string,
  { afterSeq, maxIntents }: { readonly afterSeq: number; readonly maxIntents: number },
): Promise<readonly IntentRecord[]> {
  const rows = await withOutcome(db)
    .where('destination_hash', '=', destinationHash)
    .where('audit_seq', '>', afterSeq)
    .orderBy('audit_seq')
    .limit(maxIntents)
    .execute()
  return rows.map(intentOf)
}

/** Intents whose outcome is unknown, the oldest first. */
export async function unresolvedIntents(
  db: Kysely<Schema>,
  maxIntents: number,
): Promise<readonly IntentRecord[]> {
  const rows = await withOutcome(db)
    .where('state', '=', 'unknown')
    .orderBy('created_at')
    .orderBy('intents.intent_id')
    .limit(maxIntents)
    .execute()
  return rows.map(intentOf)
}

/** Intents of `dead` processes, of which nobody wrote down what became of them. */
export async function abandonedIntents(
  db: Kysely<Schema>,
  dead: readonly number[],
): Promise<readonly IntentRecord[]> {
  const rows = await withOutcome(db)
    .where('state', 'is', null)
    .where(isOrphan('intents.owner', dead))
    .orderBy('audit_seq')
    .execute()
  return rows.map(intentOf)
}

/** Every effect of a tool that was begun since, whatever came of it. */
export async function effectsSince(
  db: Kysely<Schema>,
  tool: string,
  sinceMs: number,
): Promise<readonly EffectCount[]> {
  const rows = await db
    .selectFrom('intents')
    .select(['created_at', 'destination_hash', 'range_hash', 'actor'])
    .where('created_at', '>=', timeText(sinceMs))
    .where('tool', '=', tool)
    .execute()
  return rows.map((row) => ({
    tool,
    wallMs: timeMs(row.created_at),
    destination: row.destination_hash ?? undefined,
    range: row.range_hash ?? undefined,
    actor: row.actor,
  }))
}

/** Whether an effect was ever done to a destination. */
export async function wasReached(db: Kysely<Schema>, destinationHash: string): Promise<boolean> {
  const row = await db
    .selectFrom('intents')
    .innerJoin('outcomes', 'outcomes.intent_id', 'intents.intent_id')
    .select(sql<number>`1`.as('found'))
    .where('destination_hash', '=', destinationHash)
    .where('state', '=', 'done')
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

/** Whether an effect to a destination was ever begun. */
export async function wasTried(db: Kysely<Schema>, destinationHash: string): Promise<boolean> {
  const row = await db
    .selectFrom('intents')
    .select(sql<number>`1`.as('found'))
    .where('destination_hash', '=', destinationHash)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

/** Intents with what became of them; to be narrowed. */
export function withOutcome(db: Kysely<Schema>) {
  return db
    .selectFrom('intents')
    .leftJoin('outcomes', 'outcomes.intent_id', 'intents.intent_id')
    .selectAll('intents')
    .select(['state', 'provider_id', 'code', 'settled_at'])
}

type Nullable<T> = { [K in keyof T]: T[K] | null }

/** A row of withOutcome() as the port tells it. */
export function intentOf(
  row: IntentsTable & Nullable<Omit<OutcomesTable, 'intent_id' | 'shown_at' | 'told_at'>>,
): IntentRecord {
  return present({
    intentId: row.intent_id,
    scope: row.scope,
    key: row.key,
    tool: row.tool,
    argumentsHash: row.arguments_hash,
    sessionId: row.session_id,
    actor: row.actor,
    strength: row.strength,
    confirmationId: row.confirmation_id ?? undefined,
    createdAtMs: timeMs(row.created_at),
    destinationHash: row.destination_hash ?? undefined,
    destinationLast4: row.destination_last4 ?? undefined,
    auditSeq: row.audit_seq,
    outcome: outcomeOf(row),
  })
}

/** The last four digits of a number; of an address that holds none there is nothing to show. */
function last4Of(destination: string): string | null {
  return /^\+[0-9]{7,15}$/.test(destination) ? destination.slice(-4) : null
}
