import type { Kysely } from 'kysely'
import type { OrphanRecord } from '../ports/storage.ts'
import { completeCall } from './complete-call.ts'
import { isOrphan } from './processes.ts'
import type { Schema } from './schema.ts'

/**
 * Takes over every open call of `dead` processes, and reads everything about them, the oldest first.
 * INVARIANT: one statement looks and takes, so that of two processes only one gets a call.
 */
export async function takeOpenCalls(
  db: Kysely<Schema>,
  { mine, dead }: { readonly mine: number; readonly dead: readonly number[] },
): Promise<readonly OrphanRecord[]> {
  const taken = await db
    .updateTable('calls')
    .set({ owner: mine })
    .where('ended_at', 'is', null)
    .where(isOrphan('calls.owner', dead))
    .returning('call_sid')
    .execute()
  if (taken.length === 0) return []
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
    .where(
      'call_sid',
      'in',
      taken.map((row) => row.call_sid),
    )
    .orderBy('started_at')
    .execute()
  const open: OrphanRecord[] = []
  for (const { call_sid: callSid, nonces } of rows) {
    const complete = await completeCall(db, callSid)
    if (complete) open.push({ ...complete, nonces: Number(nonces) })
  }
  return open
}
