import { sql, type Kysely } from 'kysely'
import type { CallStatus } from '../ports/incoming-calls.ts'
import type { CallPatch, CallRecord } from '../ports/storage.ts'
import {
  optionalTimeMs,
  optionalTimeText,
  present,
  storableText,
  timeMs,
  timeText,
  whole,
} from './columns.ts'
import { isOrphan } from './processes.ts'
import type { CallsTable, Schema } from './schema.ts'

/** The rank of every status that ends a call; no other status can follow one. */
export const finalStatusRank = 4

/** A status replaces another only if its rank is higher. A word that this version does not know replaces nothing. */
const statusRanks: Readonly<Record<CallStatus, number>> = {
  unknown: -1,
  queued: 0,
  initiated: 1,
  ringing: 2,
  'in-progress': 3,
  completed: finalStatusRank,
  busy: finalStatusRank,
  'no-answer': finalStatusRank,
  failed: finalStatusRank,
  canceled: finalStatusRank,
}

/** Inserts a call of the process `owner`; one that is known stays as it is. */
export async function insertCall(
  db: Kysely<Schema>,
  { owner, ...call }: CallRecord & { readonly owner: number },
): Promise<void> {
  await db
    .insertInto('calls')
    .values({
      call_sid: call.callSid,
      direction: call.direction,
      from_number: storableText(call.from),
      to_number: storableText(call.to),
      persona: call.persona,
      actor: call.actor,
      status: call.status,
      status_rank: statusRanks[call.status],
      started_at: timeText(call.startedAtMs),
      answered_at: optionalTimeText(call.answeredAtMs),
      ended_at: optionalTimeText(call.endedAtMs),
      ending: call.ending ?? null,
      duration_seconds: whole(call.durationSeconds),
      owner,
    })
    .onConflict((conflict) => conflict.column('call_sid').doNothing())
    .execute()
}

/** Changes what the patch names, except that a status never moves backwards. */
export async function patchCall(db: Kysely<Schema>, callSid: string, patch: CallPatch): Promise<void> {
  const columns = present({
    answered_at: patch.answeredAtMs === undefined ? undefined : timeText(patch.answeredAtMs),
    ended_at: patch.endedAtMs === undefined ? undefined : timeText(patch.endedAtMs),
    ending: patch.ending,
    duration_seconds: patch.durationSeconds === undefined ? undefined : Math.round(patch.durationSeconds),
  })
  if (Object.keys(columns).length > 0) {
    await db.updateTable('calls').set(columns).where('call_sid', '=', callSid).execute()
  }
  if (patch.status === undefined) return
  const rank = statusRanks[patch.status]
  await db
    .updateTable('calls')
    .set({ status: patch.status, status_rank: rank })
    .where('call_sid', '=', callSid)
    .where('status_rank', '<', rank)
    .execute()
}

/** Reads one call. */
export async function findCall(db: Kysely<Schema>, callSid: string): Promise<CallRecord | undefined> {
  const row = await db.selectFrom('calls').selectAll().where('call_sid', '=', callSid).executeTakeFirst()
  return row && callOf(row)
}

/**
 * Ends every open call of `dead` processes as `processDied`. One that was talking counts as completed, as Twilio will count
 * it; any other as failed.
 */
export async function closeOpenCalls(
  db: Kysely<Schema>,
  nowMs: number,
  dead: readonly number[],
): Promise<readonly string[]> {
  const rows = await db
    .updateTable('calls')
    .set({ ended_at: timeText(nowMs), ending: 'processDied', ...assumedStatus() })
    .where('ended_at', 'is', null)
    .where(isOrphan('calls.owner', dead))
    .returning('call_sid')
    .execute()
  return rows.map((row) => row.call_sid)
}

/** The CallSids of open calls of a process. */
export async function openCallsOf(db: Kysely<Schema>, owner: number): Promise<ReadonlySet<string>> {
  const rows = await db
    .selectFrom('calls')
    .select('call_sid')
    .where('ended_at', 'is', null)
    .where('owner', '=', owner)
    .execute()
  return new Set(rows.map((row) => row.call_sid))
}

/** Ends a call of whose end nothing is known. */
export async function endCallAsFailed(db: Kysely<Schema>, callSid: string, nowMs: number): Promise<void> {
  await db
    .updateTable('calls')
    .set({ ended_at: timeText(nowMs), ending: 'failed', ...assumedStatus() })
    .where('call_sid', '=', callSid)
    .execute()
}

/** What is assumed of a call that ended without a word: that of the network stands, where there is one. */
function assumedStatus() {
  const talking = statusRanks['in-progress']
  return {
    status: sql<CallStatus>`case when status_rank = ${finalStatusRank} then status
      when status_rank = ${talking} then 'completed' else 'failed' end`,
    status_rank: finalStatusRank,
  }
}

function callOf(row: CallsTable): CallRecord {
  return present({
    callSid: row.call_sid,
    direction: row.direction,
    from: row.from_number,
    to: row.to_number,
    persona: row.persona,
    actor: row.actor,
    status: row.status,
    startedAtMs: timeMs(row.started_at),
    answeredAtMs: optionalTimeMs(row.answered_at),
    endedAtMs: optionalTimeMs(row.ended_at),
    ending: row.ending ?? undefined,
    durationSeconds: row.duration_seconds ?? undefined,
  })
}
