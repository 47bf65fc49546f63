import type { Kysely } from 'kysely'
import { timeMs, timeText } from './columns.ts'
import type { Schema } from './schema.ts'

const dayMs = 24 * 60 * 60 * 1000

/** Counts one more try from a number; answers the tries of the last 24 hours, and forgets those before. */
export async function countPinTry(db: Kysely<Schema>, numberHash: string, nowMs: number): Promise<number> {
  await db
    .deleteFrom('pin_tries')
    .where('tried_at', '<=', timeText(nowMs - dayMs))
    .execute()
  await db
    .insertInto('pin_tries')
    .values({ number_hash: numberHash, tried_at: timeText(nowMs) })
    .execute()
  return await pinTries(db, numberHash, nowMs)
}

/** When a PIN was tried from a number, Unix milliseconds. */
export async function pinTryTimes(db: Kysely<Schema>, numberHash: string): Promise<readonly number[]> {
  const rows = await db
    .selectFrom('pin_tries')
    .select('tried_at')
    .where('number_hash', '=', numberHash)
    .orderBy('tried_at')
    .execute()
  return rows.map((row) => timeMs(row.tried_at))
}

/** Tries from a number in the last 24 hours. What seems to come from the future counts, too. */
export async function pinTries(db: Kysely<Schema>, numberHash: string, nowMs: number): Promise<number> {
  const { count } = await db
    .selectFrom('pin_tries')
    .select(({ fn }) => fn.countAll().as('count'))
    .where('number_hash', '=', numberHash)
    .where('tried_at', '>', timeText(nowMs - dayMs))
    .executeTakeFirstOrThrow()
  return Number(count)
}
