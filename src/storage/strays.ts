import { setImmediate as nextTurnOfTheLoop } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import { timeText } from './columns.ts'
import type { Schema } from './schema.ts'
import type { Store } from './store.ts'

/** CallSids looked at per read. */
const pageCalls = 200
/** The record of a call may come a moment after what belongs to it. */
const graceMs = 24 * 60 * 60 * 1000

/**
 * Removes what belongs to calls that are not there: what was written late, after its call was removed or erased. Nothing
 * else would ever find it.
 */
export async function removeStrays(
  store: Store,
  { nowMs, signal }: { readonly nowMs: number; readonly signal: AbortSignal | undefined },
): Promise<void> {
  const before = timeText(nowMs - graceMs)
  for (const table of ['turns', 'streams', 'sessions'] as const) {
    let after: string | undefined = ''
    while (after !== undefined) {
      signal?.throwIfAborted()
      const from: string = after
      const { strays, last } = await store.read((db) => strayPage(db, table, from))
      if (strays.length > 0) {
        await store.writes.add(async (db) => {
          await db
            .deleteFrom(table)
            .where('call_sid', 'in', strays)
            .where('started_at', '<', before)
            .execute()
        }, 'soon')
      }
      after = last
      await nextTurnOfTheLoop()
    }
  }
}

/** Which of the next CallSids in a table no call has. */
async function strayPage(
  db: Kysely<Schema>,
  table: 'turns' | 'streams' | 'sessions',
  after: string,
): Promise<{ readonly strays: readonly string[]; readonly last: string | undefined }> {
  const rows = await db
    .selectFrom(table)
    .select('call_sid')
    .distinct()
    .where('call_sid', '>', after)
    .orderBy('call_sid')
    .limit(pageCalls)
    .execute()
  const callSids = rows.map((row) => row.call_sid)
  if (callSids.length === 0) return { strays: [], last: undefined }
  const calls = await db.selectFrom('calls').select('call_sid').where('call_sid', 'in', callSids).execute()
  const known = new Set(calls.map((row) => row.call_sid))
  return { strays: callSids.filter((callSid) => !known.has(callSid)), last: callSids.at(-1) }
}
