import type { Kysely } from 'kysely'
import type { OptOutRecord, OptOutSource } from '../ports/permissions.ts'
import { optionalTimeMs, present, timeMs, timeText } from './columns.ts'
import type { Schema } from './schema.ts'

const fiveYearsMs = 5 * 366 * 24 * 60 * 60 * 1000

/** Notes that somebody opted out; the five years begin anew. */
export async function putOptOut(
  db: Kysely<Schema>,
  numberHash: string,
  how: { readonly source: OptOutSource; readonly nowMs: number },
): Promise<void> {
  const row = {
    number_hash: numberHash,
    source: how.source,
    created_at: timeText(how.nowMs),
    expires_at: timeText(how.nowMs + fiveYearsMs),
    lifted_at: null,
  }
  await db
    .insertInto('opt_outs')
    .values(row)
    .onConflict((conflict) => conflict.column('number_hash').doUpdateSet(row))
    .execute()
}

/** Lifts an opt-out that holds. @returns false when none does */
export async function liftOptOut(db: Kysely<Schema>, numberHash: string, nowMs: number): Promise<boolean> {
  const rows = await db
    .updateTable('opt_outs')
    .set({ lifted_at: timeText(nowMs) })
    .where('number_hash', '=', numberHash)
    .where('lifted_at', 'is', null)
    .where('expires_at', '>', timeText(nowMs))
    .returning('number_hash')
    .execute()
  return rows.length > 0
}

/** The last opt-out of somebody, also one that was lifted or is over. */
export async function findOptOut(db: Kysely<Schema>, numberHash: string): Promise<OptOutRecord | undefined> {
  const row = await db
    .selectFrom('opt_outs')
    .selectAll()
    .where('number_hash', '=', numberHash)
    .executeTakeFirst()
  return (
    row &&
    present({
      source: row.source,
      createdAtMs: timeMs(row.created_at),
      expiresAtMs: timeMs(row.expires_at),
      liftedAtMs: optionalTimeMs(row.lifted_at),
    })
  )
}

/** Whether somebody has opted out. */
export async function isOptedOut(db: Kysely<Schema>, numberHash: string, nowMs: number): Promise<boolean> {
  const row = await db
    .selectFrom('opt_outs')
    .select('number_hash')
    .where('number_hash', '=', numberHash)
    .where('lifted_at', 'is', null)
    .where('expires_at', '>', timeText(nowMs))
    .executeTakeFirst()
  return row !== undefined
}
