import type { Kysely } from 'kysely'
import type { IntentRecord } from '../ports/effects.ts'
import { timeText } from './columns.ts'
import { intentOf, withOutcome } from './intents.ts'
import type { Schema } from './schema.ts'

/** More than these are not counted one by one. */
const MAX_COUNTED = 10_000

/** Marks intents as shown that have been `unknown` since a moment, the oldest first; each is marked once. */
export async function showUnresolved(
  db: Kysely<Schema>,
  from: { readonly sinceMs: number; readonly nowMs: number; readonly maxIntents: number },
): Promise<readonly IntentRecord[]> {
  const unseen = unknownSince(db, from.sinceMs)
    .select('intent_id')
    .where('shown_at', 'is', null)
    .orderBy('settled_at')
    .orderBy('intent_id')
    .limit(from.maxIntents)
  const marked = await db
    .updateTable('outcomes')
    .set({ shown_at: timeText(from.nowMs) })
    .where('intent_id', 'in', unseen)
    // Asked again of the row itself: another process may have been quicker, or a better word have come.
    .where('shown_at', 'is', null)
    .where('state', '=', 'unknown')
    .returning('intent_id')
    .execute()
  return await intentsOf(db, marked)
}

/** How many intents have been `unknown` since a moment, up to ten thousand. */
export async function countUnresolved(db: Kysely<Schema>, sinceMs: number): Promise<number> {
  const { count } = await db
    .selectFrom(unknownSince(db, sinceMs).select('intent_id').limit(MAX_COUNTED).as('open'))
    .select((of) => of.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  return count
}

/** Intents that operators were shown, that are `unknown` still, and of which the owner was not told: the oldest first. */
export async function untoldIntents(
  db: Kysely<Schema>,
  maxIntents: number,
): Promise<readonly IntentRecord[]> {
  const rows = await withOutcome(db)
    .where('state', '=', 'unknown')
    .where('shown_at', 'is not', null)
    .where('told_at', 'is', null)
    .orderBy('settled_at')
    .orderBy('intents.intent_id')
    .limit(maxIntents)
    .execute()
  return rows.map(intentOf)
}

/** Marks intents as told; each is marked once. */
export async function markTold(
  db: Kysely<Schema>,
  intentIds: readonly string[],
  nowMs: number,
): Promise<readonly IntentRecord[]> {
  if (intentIds.length === 0) return []
  const marked = await db
    .updateTable('outcomes')
    .set({ told_at: timeText(nowMs) })
    .where('intent_id', 'in', intentIds)
    .where('told_at', 'is', null)
    .returning('intent_id')
    .execute()
  return await intentsOf(db, marked)
}

function unknownSince(db: Kysely<Schema>, sinceMs: number) {
  return db.selectFrom('outcomes').where('state', '=', 'unknown').where('settled_at', '<=', timeText(sinceMs))
}

async function intentsOf(
  db: Kysely<Schema>,
  marked: readonly { readonly intent_id: string }[],
): Promise<readonly IntentRecord[]> {
  if (marked.length === 0) return []
  const ids = marked.map(({ intent_id: id }) => id)
  const rows = await withOutcome(db)
    .where('intents.intent_id', 'in', ids)
    .orderBy('settled_at')
    .orderBy('intents.intent_id')
    .execute()
  return rows.map(intentOf)
}
