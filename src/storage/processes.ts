import { expressionBuilder, sql, type SqlBool } from 'kysely'
import type { Schema } from './schema.ts'

/** The processes that live now, but for the one that asks: it has to ask on its writing connection. */
function others() {
  return expressionBuilder<Schema>().selectFrom('other_processes').select('owner')
}

/** Whether no living process has a record: neither `mine`, which asks, nor another one. */
export function isOrphan(column: 'calls.owner' | 'confirmations.owner' | 'intents.owner', mine: number) {
  const owner = sql.ref(column)
  return sql<SqlBool>`(${owner} is null or (${owner} <> ${mine} and ${owner} not in ${others()}))`
}

/** The CallSids of open calls that living processes have: `mine`, which asks, and others. */
export function callsOfTheLiving(mine: number) {
  return expressionBuilder<Schema>()
    .selectFrom('calls')
    .select('call_sid')
    .where('ended_at', 'is', null)
    .where((where) => where.or([where('owner', '=', mine), where('owner', 'in', others())]))
}
