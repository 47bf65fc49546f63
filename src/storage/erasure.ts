import { setImmediate as nextTurnOfTheLoop } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import { type Mentions, mentionsOf } from '../lib/number-mentions.ts'
import type { AuditEvent } from '../ports/audit.ts'
import type { ErasureReport } from '../ports/upkeep.ts'
import type { AuditEntries } from './audit-log.ts'
import { appendAudit } from './audit.ts'
import { removeCalls, silenceQuestions } from './call-removal.ts'
import { partiesOf } from './parties.ts'
import { findPerson } from './people.ts'
import type { Keyed } from './person-key.ts'
import type { Schema } from './schema.ts'
import type { Store } from './store.ts'
import {
  argumentTexts,
  rewriteTexts,
  type StoredText,
  struckTexts,
  type TextPlace,
  textPage,
} from './stored-texts.ts'

/** Calls per write: a few milliseconds. */
const sliceCalls = 20

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
  const parties = await partiesOf((query) => store.read(query), number)
  const callSids: string[] = []
  for (;;) {
    const removed = await store.writes.add((db) => callSlice(db, parties), 'now')
    if (removed === 'callLive') return { kind: 'callLive' }
    if (removed.length === 0) break
    callSids.push(...removed)
    await nextTurnOfTheLoop()
  }
  const mentions = mentionsOf(number)
  let struck = 0
  for (const place of struckTexts) struck += await strikeOut(store, place, mentions)
  const proposals = await removeProposals(store, mentions)
  const hash = keyed(number)
  await store.writes.add(async (db) => {
    const person = await findPerson(db, number)
    if (person !== undefined) {
      await db.deleteFrom('contacts').where('person_id', '=', person).execute()
      await db.deleteFrom('consents').where('person_id', '=', person).execute()
      await db.deleteFrom('people').where('person_id', '=', person).execute()
    }
    await db.deleteFrom('messages').where('from_number', 'in', parties).execute()
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

async function callSlice(
  db: Kysely<Schema>,
  parties: readonly string[],
): Promise<readonly string[] | 'callLive'> {
  const rows = await db
    .selectFrom('calls')
    .select(['call_sid', 'ended_at'])
    .where((where) => where.or([where('from_number', 'in', parties), where('to_number', 'in', parties)]))
    // A call that goes on comes first, so that nothing is removed while there is one.
    .orderBy((order) => order.case().when('ended_at', 'is', null).then(0).else(1).end())
    .limit(sliceCalls)
    .execute()
  if (rows.some((row) => row.ended_at === null)) return 'callLive'
  const callSids = rows.map((row) => row.call_sid)
  await removeCalls(db, callSids)
  return callSids
}

/** Strikes a number out wherever it was said or written; answers in how many records. */
async function strikeOut(store: Store, place: TextPlace, mentions: Mentions): Promise<number> {
  return await eachMention(store, { place, mentions }, async (keys) => {
    for (const key of keys) {
      await store.writes.add((db) => rewriteTexts(db, place, { key, change: mentions.struckFrom }), 'now')
    }
  })
}

/** Removes what the model asked for with the number in it: it also holds what they were to be told. */
async function removeProposals(store: Store, mentions: Mentions): Promise<number> {
  return await eachMention(store, { place: argumentTexts, mentions }, async (keys) => {
    const ids = keys.map(([proposalId]) => String(proposalId))
    await store.writes.add(async (db) => {
      await db.deleteFrom('proposals').where('proposal_id', 'in', ids).execute()
      await silenceQuestions(db, ids)
    }, 'soon')
  })
}

/** Goes through all texts of a place, page by page, and does something about those with a mention; answers how many. */
async function eachMention(
  store: Store,
  { place, mentions }: { readonly place: TextPlace; readonly mentions: Mentions },
  act: (keys: readonly StoredText['key'][]) => Promise<void>,
): Promise<number> {
  let found = 0
  let after: StoredText['key'] | undefined
  for (;;) {
    const from = after
    const page = await store.read((db) => textPage(db, place, from))
    const keys = page.filter(({ texts }) => texts.some(mentions.isIn)).map(({ key }) => key)
    if (keys.length > 0) await act(keys)
    found += keys.length
    after = page.at(-1)?.key
    if (!after) return found
    await nextTurnOfTheLoop()
  }
}
