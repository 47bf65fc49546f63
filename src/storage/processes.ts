import { expressionBuilder, sql, type Kysely, type SqlBool } from 'kysely'
import type { Clock } from '../lib/clock.ts'
import type { Schema } from './schema.ts'

/** Who lives may lose its connection, and with it its lock, for a moment: it counts as dead that stays away for longer. */
const MISSING_MS = 15_000

/** Looks which processes have died that left something open; to be asked on the writing connection. */
export type DeadProcesses = (db: Kysely<Schema>) => Promise<readonly number[]>

/**
 * Remembers who was missing at the look before: a process is dead that was missing at two looks, 15 seconds or more apart.
 * The first look of all believes what it sees, since a start cannot wait: a call that comes back after a crash is asked for
 * within seconds.
 * @param options.owner the process that looks
 * @param options.isSettled whether the first look may be believed
 */
export function deadProcesses(options: {
  readonly owner: number
  readonly clock: Clock
  readonly isSettled: boolean
}): DeadProcesses {
  const { owner, clock, isSettled } = options
  /** Since when each is missing, by the monotonic clock; those only that have something open. */
  let missing: ReadonlyMap<number, number> | undefined
  return async (db) => {
    const found = await missingProcesses(db, owner)
    const nowMs = clock.nowMs()
    const before = missing
    const newMs = before || !isSettled ? nowMs : -Infinity
    missing = new Map(found.map((one) => [one, before?.get(one) ?? newMs]))
    return found.filter((one) => nowMs - (missing?.get(one) ?? nowMs) >= MISSING_MS)
  }
}

/** Processes that left something open and hold no lock now. */
async function missingProcesses(db: Kysely<Schema>, mine: number): Promise<readonly number[]> {
  const rows = await db
    .selectFrom('calls')
    .select('owner')
    .where('ended_at', 'is', null)
    .where(isMissing(mine))
    .union(
      db
        .selectFrom('confirmations')
        .select('owner')
        .where('state', 'in', ['proposed', 'asked'])
        .where(isMissing(mine)),
    )
    .union(
      db
        .selectFrom('intents')
        .leftJoin('outcomes', 'outcomes.intent_id', 'intents.intent_id')
        .select('owner')
        .where('state', 'is', null)
        .where(isMissing(mine)),
    )
    .execute()
  return rows.flatMap((row) => row.owner ?? [])
}

function isMissing(mine: number) {
  const owner = sql.ref('owner')
  return sql<SqlBool>`(${owner} is not null and ${owner} <> ${mine} and ${owner} not in ${others()})`
}

/** The processes that hold their lock now, but for the one that asks: it has to ask on its writing connection. */
function others() {
  return expressionBuilder<Schema>().selectFrom('other_processes').select('owner')
}

/** Whether a record is of one of the dead, who are looked for once more: one may have come back since. */
export function isOrphan(
  column: 'calls.owner' | 'confirmations.owner' | 'intents.owner',
  dead: readonly number[],
) {
  const owner = sql.ref(column)
  if (dead.length === 0) return sql<SqlBool>`(${owner} is null)`
  return sql<SqlBool>`(${owner} is null or (${owner} in (${sql.join(dead)}) and ${owner} not in ${others()}))`
}

/** The CallSids of open calls that somebody has who is not dead. */
export function callsOfTheLiving(dead: readonly number[]) {
  return expressionBuilder<Schema>()
    .selectFrom('calls')
    .select('call_sid')
    .where('ended_at', 'is', null)
    .where(sql<SqlBool>`not ${isOrphan('calls.owner', dead)}`)
}
