import type { Kysely } from 'kysely'
import type { RetentionReport, RetentionRules } from '../ports/upkeep.ts'
import type { AuditEntries } from './audit-log.ts'
import { removeCalls, removeUnknown, removeWords, silenceQuestions } from './call-removal.ts'
import { checkpointAudit } from './checkpoint-audit.ts'
import { timeText } from './columns.ts'
import type { Schema } from './schema.ts'
import type { Store } from './store.ts'
import { removeStrays } from './strays.ts'

const dayMs = 24 * 60 * 60 * 1000
/** Proof of a consent is kept for five years after it ended. */
const consentMs = 5 * 366 * dayMs
/** Calls per write: a few milliseconds. */
const sliceCalls = 20
/** Other rows per write. */
const sliceRows = 500

/** Where the removal of words has come to: the calls before have none any more. */
const watermark = 'wordsRemovedTo'

/**
 * Removes what is too old, slice by slice; between two slices others write, and it can be ended. Recordings are not
 * among it: their rows go once the network has deleted them.
 */
export async function retain(
  store: Store,
  rules: RetentionRules,
  now: { readonly nowMs: number; readonly entryOf: AuditEntries; readonly signal?: AbortSignal },
): Promise<RetentionReport> {
  const { nowMs, entryOf, signal } = now
  const words = timeText(nowMs - rules.transcriptDays * dayMs)
  const metadata = timeText(nowMs - rules.callDays * dayMs)
  const beforeMs = nowMs - rules.auditDays * dayMs
  const removed = (slice: Slice): Promise<number> => slices(store, slice, signal)
  const silenced = await removed((db) => silenceSlice(db, words))
  await removed((db) => proposalSlice(db, words))
  const calls = await removed((db) => callSlice(db, metadata))
  await removed((db) => intentSlice(db, metadata))
  signal?.throwIfAborted()
  await store.writes.add((db) => removeRest(db, { words, metadata, nowMs }), 'soon')
  await removeStrays(store, { nowMs, signal })
  signal?.throwIfAborted()
  const auditRecords = await store.writes.add((db) => checkpointAudit(db, { beforeMs, entryOf }), 'now')
  return { silenced, calls, auditRecords }
}

/** Removes a bounded number of records; answers how many it found. */
type Slice = (db: Kysely<Schema>) => Promise<number>

/** Repeats a slice until one finds nothing; answers the sum of what they found. */
async function slices(store: Store, slice: Slice, signal: AbortSignal | undefined): Promise<number> {
  let sum = 0
  for (;;) {
    signal?.throwIfAborted()
    const found = await store.writes.add(slice, 'soon')
    if (found === 0) return sum
    sum += found
  }
}

async function silenceSlice(db: Kysely<Schema>, before: string): Promise<number> {
  const mark = await db.selectFrom('facts').select('value').where('name', '=', watermark).executeTakeFirst()
  const [at = '', sid = ''] = mark?.value.split('|') ?? []
  const rows = await db
    .selectFrom('calls')
    .select(['call_sid', 'started_at'])
    .where('started_at', '<', before)
    .where('started_at', '>=', at)
    .where((where) => where.or([where('started_at', '>', at), where('call_sid', '>', sid)]))
    .orderBy('started_at')
    .orderBy('call_sid')
    .limit(sliceCalls)
    .execute()
  const last = rows.at(-1)
  if (!last) return 0
  await removeWords(
    db,
    rows.map((row) => row.call_sid),
  )
  const value = `${last.started_at}|${last.call_sid}`
  await db
    .insertInto('facts')
    .values({ name: watermark, value })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
    .execute()
  return rows.length
}

/** What was asked for outside of calls. */
async function proposalSlice(db: Kysely<Schema>, before: string): Promise<number> {
  const rows = await db
    .deleteFrom('proposals')
    .where('proposal_id', 'in', (select) =>
      select.selectFrom('proposals').select('proposal_id').where('created_at', '<', before).limit(sliceRows),
    )
    .returning('proposal_id')
    .execute()
  await silenceQuestions(
    db,
    rows.map((row) => row.proposal_id),
  )
  return rows.length
}

async function callSlice(db: Kysely<Schema>, before: string): Promise<number> {
  const rows = await db
    .selectFrom('calls')
    .select('call_sid')
    .where('started_at', '<', before)
    .orderBy('started_at')
    .limit(sliceCalls)
    .execute()
  await removeCalls(
    db,
    rows.map((row) => row.call_sid),
  )
  return rows.length
}

async function intentSlice(db: Kysely<Schema>, before: string): Promise<number> {
  const rows = await db
    .deleteFrom('intents')
    .where('intent_id', 'in', (select) =>
      select.selectFrom('intents').select('intent_id').where('created_at', '<', before).limit(sliceRows),
    )
    .returning('intent_id')
    .execute()
  const ids = rows.map((row) => row.intent_id)
  if (ids.length > 0) await db.deleteFrom('outcomes').where('intent_id', 'in', ids).execute()
  return ids.length
}

/** What there are few rows of. */
async function removeRest(
  db: Kysely<Schema>,
  times: { readonly words: string; readonly metadata: string; readonly nowMs: number },
): Promise<void> {
  const { words, metadata, nowMs } = times
  const ended = timeText(nowMs - consentMs)
  await db.deleteFrom('messages').where('received_at', '<', words).where('kind', '=', 'words').execute()
  await db.deleteFrom('confirmations').where('created_at', '<', metadata).execute()
  await db.deleteFrom('errands').where('taken_at', '<', metadata).execute()
  await db.deleteFrom('usage').where('at', '<', metadata).execute()
  await db
    .deleteFrom('pin_tries')
    .where('tried_at', '<', timeText(nowMs - dayMs))
    .execute()
  await db.deleteFrom('opt_outs').where('expires_at', '<', timeText(nowMs)).execute()
  await db
    .deleteFrom('consents')
    .where((where) =>
      where.or([
        where('withdrawn_at', '<', ended),
        where('expires_at', '<', ended),
        where.and([where('used_by', 'is not', null), where('given_at', '<', ended)]),
      ]),
    )
    .execute()
  await removeUnknown(db, metadata)
}
