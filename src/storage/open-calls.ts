import type { Kysely } from 'kysely'
import type { OrphanRecord } from '../ports/storage.ts'
import { completeCall } from './complete-call.ts'
import type { Schema } from './schema.ts'

/** Reads everything about the calls that have not ended, the oldest first. */
export async function openCalls(db: Kysely<Schema>): Promise<readonly OrphanRecord[]> {
  const rows = await db
    .selectFrom('calls')
    .select((select) => [
      'call_sid',
      select
        .selectFrom('nonces')
        .select(select.fn.countAll<number>().as('issued'))
        .whereRef('nonces.call_sid', '=', 'calls.call_sid')
        .as('nonces'),
    ])
    .where('ended_at', 'is', null)
    .orderBy('started_at')
    .execute()
  const open: OrphanRecord[] = []
  for (const { call_sid: callSid, nonces } of rows) {
    const complete = await completeCall(db, callSid)
    if (complete) open.push({ ...complete, nonces: Number(nonces) })
  }
  return open
}
