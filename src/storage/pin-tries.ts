import type { Kysely } from 'kysely'
import { timeText } from './columns.ts'
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
