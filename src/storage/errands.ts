import type { Kysely } from 'kysely'
import type { ErrandStatus } from '../ports/errand-report.ts'
import type { ErrandRecord, ErrandStorage, LostCall, LostCallRange } from '../ports/errands.ts'
import { optionalTimeMs, present, timeMs, timeText } from './columns.ts'
import type { ErrandsTable } from './effect-tables.ts'
import type { Schema } from './schema.ts'
import type { Store } from './store.ts'

/** Calls that were placed for intents, in a database. */
export class DatabaseErrands implements ErrandStorage {
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  take(errand: Parameters<ErrandStorage['take']>[0]): Promise<string> {
    const { ref, callSid, sessionId, takenAtMs } = errand
    return this.#store.writes.add(async (db) => {
      const row = { ref, call_sid: callSid, session_id: sessionId, taken_at: timeText(takenAtMs) }
      // A call that has another intent gets no second one: then nobody has this one yet.
      await db
        .insertInto('errands')
        .values(row)
        .onConflict((conflict) => conflict.doNothing())
        .execute()
      return (await errandRow(db, ref))?.call_sid ?? ''
    }, 'now')
  }

  report(ref: string, end: { readonly status: ErrandStatus; readonly nowMs: number }): Promise<boolean> {
    return this.#store.writes.add(async (db) => {
      const rows = await db
        .updateTable('errands')
        .set({ status: end.status, reported_at: timeText(end.nowMs) })
        .where('ref', '=', ref)
        .where('reported_at', 'is', null)
        .returning('ref')
        .execute()
      return rows.length > 0
    }, 'now')
  }

  find(ref: string): Promise<ErrandRecord | undefined> {
    return this.#store.read(async (db) => {
      const row = await errandRow(db, ref)
      return row && errandOf(row)
    })
  }

  open(maxErrands: number): Promise<readonly ErrandRecord[]> {
    return this.#store.read(async (db) => {
      const rows = await db
        .selectFrom('errands')
        .selectAll()
        .where('reported_at', 'is', null)
        .orderBy('taken_at')
        .orderBy('ref')
        .limit(maxErrands)
        .execute()
      return rows.map(errandOf)
    })
  }

  lost({ fromMs, toMs, isUntaken = false, maxCalls }: LostCallRange): Promise<readonly LostCall[]> {
    return this.#store.read(async (db) => {
      const rows = await db
        .selectFrom('intents')
        .innerJoin('outcomes', 'outcomes.intent_id', 'intents.intent_id')
        .leftJoin('errands', 'errands.ref', 'intents.intent_id')
        .select(['intents.intent_id', 'provider_id'])
        .where('created_at', '>', timeText(fromMs))
        .where('created_at', '<=', timeText(toMs))
        .where('tool', '=', 'make_call')
        .where('state', '=', 'done')
        .where('code', 'is', null)
        .where('provider_id', 'is not', null)
        .where('reported_at', 'is', null)
        .$if(isUntaken, (query) => query.where('errands.ref', 'is', null))
        .orderBy('created_at')
        .orderBy('intents.intent_id')
        .limit(maxCalls)
        .execute()
      return rows.flatMap(({ intent_id: ref, provider_id: callSid }) =>
        callSid === null ? [] : [{ ref, callSid }],
      )
    })
  }
}

/** The errands of some calls, or of some intents, at most 500 of which are asked about at once. */
export async function errandsOf(
  db: Kysely<Schema>,
  column: 'call_sid' | 'ref',
  ids: readonly string[],
): Promise<readonly ErrandRecord[]> {
  const rows = await db.selectFrom('errands').selectAll().where(column, 'in', ids).orderBy('ref').execute()
  return rows.map(errandOf)
}

function errandRow(db: Kysely<Schema>, ref: string): Promise<ErrandsTable | undefined> {
  return db.selectFrom('errands').selectAll().where('ref', '=', ref).executeTakeFirst()
}

function errandOf(row: ErrandsTable): ErrandRecord {
  return present({
    ref: row.ref,
    callSid: row.call_sid,
    sessionId: row.session_id,
    takenAtMs: timeMs(row.taken_at),
    status: row.status ?? undefined,
    reportedAtMs: optionalTimeMs(row.reported_at),
    notice: row.notice ?? undefined,
  })
}
