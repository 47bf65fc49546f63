import { setImmediate as nextTurnOfTheLoop } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import { type Mentions, mentionsOf } from '../lib/number-mentions.ts'
import type { AuditEvent } from '../ports/audit.ts'
import type { ErasureReport } from '../ports/upkeep.ts'
import type { AuditEntries } from './audit-log.ts'
import { appendAudit } from './audit.ts'
import { removeCalls, silenceQuestions } from './call-removal.ts'
import { findPerson } from './people.ts'
import type { Keyed } from './person-key.ts'
import type { Schema } from './schema.ts'
import type { Store } from './store.ts'

/** Calls per write: a few milliseconds. */
const sliceCalls = 20
/** Texts looked through per read. */
const sliceTexts = 500

/** Who is erased, and how that is recorded. */
export type Erasure = {
  readonly number: string
  readonly by: Pick<AuditEvent, 'actor' | 'strength'>
  readonly keyed: Keyed
  readonly entryOf: AuditEntries
}

/** Removes everything about whoever has a number, slice by slice; between two slices others write. */
export async function erasePerson(
  store: Store,
  erasure: Erasure,
): Promise<{ readonly kind: 'callLive' } | Omit<Extract<ErasureReport, { kind: 'erased' }>, 'isScrubbed'>> {
  const { number, keyed } = erasure
  const callSids: string[] = []
  for (;;) {
    const removed = await store.writes.add((db) => callSlice(db, number), 'now')
    if (removed === 'callLive') return { kind: 'callLive' }
    if (removed.length === 0) break
    callSids.push(...removed)
    await nextTurnOfTheLoop()
  }
  const mentions = mentionsOf(number)
  const struck =
    (await strikeOut(store, { mentions, ...turnTexts })) +
    (await strikeOut(store, { mentions, ...titleTexts })) +
    (await strikeOut(store, { mentions, ...messageTexts }))
  const proposals = await removeProposals(store, mentions)
  const hash = keyed(number)
  await store.writes.add(async (db) => {
    const person = await findPerson(db, number)
    if (person !== undefined) {
      await db.deleteFrom('contacts').where('person_id', '=', person).execute()
      await db.deleteFrom('consents').where('person_id', '=', person).execute()
      await db.deleteFrom('people').where('person_id', '=', person).execute()
    }
    await db.deleteFrom('messages').where('from_number', '=', number).execute()
    await db.deleteFrom('pin_tries').where('number_hash', '=', hash).execute()
    await db
      .updateTable('intents')
      .set({ destination_last4: null })
      .where('destination_hash', '=', hash)
      .execute()
    const data = { count: callSids.length, textHash: hash, ...(person !== undefined && { person }) }
    await appendAudit(db, erasure.entryOf({ kind: 'erasure', ...erasure.by, data }))
  }, 'now')
  return { kind: 'erased', callSids, mentions: struck + proposals }
}

async function callSlice(db: Kysely<Schema>, number: string): Promise<readonly string[] | 'callLive'> {
  const rows = await db
    .selectFrom('calls')
    .select(['call_sid', 'ended_at'])
    .where((where) => where.or([where('from_number', '=', number), where('to_number', '=', number)]))
    // A call that goes on comes first, so that nothing is removed while there is one.
    .orderBy((order) => order.case().when('ended_at', 'is', null).then(0).else(1).end())
    .limit(sliceCalls)
    .execute()
  if (rows.some((row) => row.ended_at === null)) return 'callLive'
  const callSids = rows.map((row) => row.call_sid)
  await removeCalls(db, callSids)
  return callSids
}

/** A kind of text that may hold the number of somebody else: how it is read on, and written back. */
type Texts<Key> = {
  page(
    db: Kysely<Schema>,
    after: Key | undefined,
  ): Promise<readonly { readonly key: Key; readonly text: string }[]>
  /** Writes a text anew as it is at that moment: it may have changed since it was read. */
  rewrite(db: Kysely<Schema>, key: Key, change: (text: string) => string): Promise<void>
}

/** Strikes a number out wherever it was said or written; answers in how many texts. */
async function strikeOut<Key>(
  store: Store,
  texts: Texts<Key> & { readonly mentions: Mentions },
): Promise<number> {
  let struck = 0
  let after: Key | undefined
  for (;;) {
    const rows = await store.read((db) => texts.page(db, after))
    for (const { key, text } of rows) {
      if (!texts.mentions.isIn(text)) continue
      await store.writes.add((db) => texts.rewrite(db, key, texts.mentions.struckFrom), 'now')
      struck += 1
    }
    const last = rows.at(-1)
    if (!last) return struck
    after = last.key
    await nextTurnOfTheLoop()
  }
}

type TurnKey = { readonly callSid: string; readonly seq: number }

const turnTexts: Texts<TurnKey> = {
  async page(db, after) {
    const { callSid, seq } = after ?? { callSid: '', seq: -1 }
    const rows = await db
      .selectFrom('turns')
      .select(['call_sid', 'seq', 'text'])
      .where('call_sid', '>=', callSid)
      .where((where) => where.or([where('call_sid', '>', callSid), where('seq', '>', seq)]))
      .orderBy('call_sid')
      .orderBy('seq')
      .limit(sliceTexts)
      .execute()
    return rows.map((row) => ({ key: { callSid: row.call_sid, seq: row.seq }, text: row.text }))
  },
  async rewrite(db, { callSid, seq }, change) {
    const row = await db
      .selectFrom('turns')
      .select('text')
      .where('call_sid', '=', callSid)
      .where('seq', '=', seq)
      .executeTakeFirst()
    if (!row) return
    await db
      .updateTable('turns')
      .set({ text: change(row.text) })
      .where('call_sid', '=', callSid)
      .where('seq', '=', seq)
      .execute()
  },
}

const titleTexts: Texts<string> = {
  async page(db, after = '') {
    const rows = await db
      .selectFrom('events')
      .select(['event_id', 'title'])
      .where('event_id', '>', after)
      .orderBy('event_id')
      .limit(sliceTexts)
      .execute()
    return rows.map((row) => ({ key: row.event_id, text: row.title }))
  },
  async rewrite(db, eventId, change) {
    const row = await db
      .selectFrom('events')
      .select('title')
      .where('event_id', '=', eventId)
      .executeTakeFirst()
    if (!row) return
    await db
      .updateTable('events')
      .set({ title: change(row.title) })
      .where('event_id', '=', eventId)
      .execute()
  },
}

const messageTexts: Texts<string> = {
  async page(db, after = '') {
    const rows = await db
      .selectFrom('messages')
      .select(['message_id', 'body', 'caller_name', 'call_back'])
      .where('message_id', '>', after)
      .orderBy('message_id')
      .limit(sliceTexts)
      .execute()
    return rows.map((row) => ({
      key: row.message_id,
      text: [row.body, row.caller_name, row.call_back].join('\n'),
    }))
  },
  async rewrite(db, messageId, change) {
    const row = await db
      .selectFrom('messages')
      .select(['body', 'caller_name', 'call_back'])
      .where('message_id', '=', messageId)
      .executeTakeFirst()
    if (!row) return
    const changed = (text: string | null): string | null => (text === null ? null : change(text))
    await db
      .updateTable('messages')
      .set({
        body: changed(row.body),
        caller_name: changed(row.caller_name),
        call_back: changed(row.call_back),
      })
      .where('message_id', '=', messageId)
      .execute()
  },
}

/** Removes what the model asked for with the number in it: it also holds what they were to be told. */
async function removeProposals(store: Store, mentions: Mentions): Promise<number> {
  let removed = 0
  let after = ''
  for (;;) {
    const from = after
    const rows = await store.read((db) =>
      db
        .selectFrom('proposals')
        .select(['proposal_id', 'arguments'])
        .where('proposal_id', '>', from)
        .orderBy('proposal_id')
        .limit(sliceTexts)
        .execute(),
    )
    const ids = rows.filter((row) => mentions.isIn(row.arguments)).map((row) => row.proposal_id)
    if (ids.length > 0) {
      await store.writes.add(async (db) => {
        await db.deleteFrom('proposals').where('proposal_id', 'in', ids).execute()
        await silenceQuestions(db, ids)
      }, 'soon')
    }
    removed += ids.length
    const last = rows.at(-1)
    if (!last) return removed
    after = last.proposal_id
    await nextTurnOfTheLoop()
  }
}
