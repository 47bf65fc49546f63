import { setImmediate as nextTurnOfTheLoop } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import { type Mentions, mentionsOf } from '../lib/number-mentions.ts'
import type { AuditEvent } from '../ports/audit.ts'
import type { ErasureReport } from '../ports/upkeep.ts'
import type { AuditEntries } from './audit-log.ts'
import { appendAudit } from './audit.ts'
import { removeCalls, removeIfUnknown, removeMessages, silenceQuestions } from './call-removal.ts'
import { callsOf, partiesOf } from './parties.ts'
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

/** What went: calls, and the network's names of recordings, which it still has. */
type Removed = { readonly callSids: readonly string[]; readonly recordingSids: readonly string[] }
type Erased = Omit<Extract<ErasureReport, { kind: 'erased' }>, 'isScrubbed'>

/**
 * Removes everything about whoever has a number, slice by slice; between two slices others write. That it began is
 * recorded together with what goes first, so that nothing goes without a record, wherever it ends. A call that lives then
 * refuses it as a whole; one that begins later is left.
 */
export async function erasePerson(
  store: Store,
  erasure: Erasure,
): Promise<{ readonly kind: 'callLive' } | Erased> {
  const { number } = erasure
  const parties = await partiesOf((query) => store.read(query), number)
  const began = await store.writes.add((db) => begin(db, erasure, parties), 'now')
  if (began === 'callLive') return { kind: 'callLive' }
  const callSids = [...began.callSids]
  const recordingSids = [...began.recordingSids]
  for (let slice = began; slice.callSids.length > 0;) {
    await nextTurnOfTheLoop()
    slice = await store.writes.add((db) => removeCallSlice(db, parties), 'now')
    callSids.push(...slice.callSids)
    recordingSids.push(...slice.recordingSids)
  }
  const mentions = mentionsOf(number)
  let struck = 0
  for (const place of struckTexts) struck += await strikeOut(store, place, mentions)
  const proposals = await removeProposals(store, mentions)
  const count = callSids.length
  const end = await store.writes.add((db) => finish(db, erasure, { parties, count }), 'now')
  recordingSids.push(...end.recordingSids)
  return {
    kind: 'erased',
    callSids,
    recordingSids,
    mentions: struck + proposals,
    callsLeft: end.callsLeft,
  }
}

/** Records the beginning and removes what is theirs alone; answers what went. */
async function begin(
  db: Kysely<Schema>,
  erasure: Erasure,
  parties: readonly string[],
): Promise<Removed | 'callLive'> {
  const live = await callsOf(db, parties).where('ended_at', 'is', null).limit(1).execute()
  if (live.length > 0) return 'callLive'
  await record(db, erasure, { state: 'begun' })
  const hash = erasure.keyed(erasure.number)
  const person = await findPerson(db, erasure.number)
  if (person !== undefined) {
    await db.deleteFrom('contacts').where('person_id', '=', person).execute()
    await db.deleteFrom('consents').where('person_id', '=', person).execute()
  }
  await db.deleteFrom('pin_tries').where('number_hash', '=', hash).execute()
  await db
    .updateTable('intents')
    .set({ destination_last4: null })
    .where('destination_hash', '=', hash)
    .execute()
  return await removeCallSlice(db, parties)
}

/** Removes the last that names them, unless something that came meanwhile does; answers how many calls that are, too. */
async function finish(
  db: Kysely<Schema>,
  erasure: Erasure,
  { parties, count }: { readonly parties: readonly string[]; readonly count: number },
): Promise<{ readonly callsLeft: number; readonly recordingSids: readonly string[] }> {
  const left = (await callsOf(db, parties).execute()).map((row) => row.call_sid)
  const messages = db.deleteFrom('messages').where('from_number', 'in', parties)
  const gone = left.length > 0 ? messages.where('call_sid', 'not in', left) : messages
  const recordingSids = (await gone.returning('recording_sid').execute()).flatMap(
    (row) => row.recording_sid ?? [],
  )
  await removeIfUnknown(db, erasure.number)
  await record(db, erasure, { state: left.length > 0 ? 'callsLeft' : 'done', count })
  return { callsLeft: left.length, recordingSids }
}

/**
 * Says in the audit log that a number was erased, by its keyed hash, so that it can be shown to whoever asked for it. The
 * person's id is left out: beside the hash it would lead from the number to every record under that id again.
 */
async function record(
  db: Kysely<Schema>,
  { number, by, keyed, entryOf }: Erasure,
  data: { readonly state: string; readonly count?: number },
): Promise<void> {
  await appendAudit(db, entryOf({ kind: 'erasure', ...by, data: { ...data, textHash: keyed(number) } }))
}

/** Removes some calls that are over, which may be none. */
async function removeCallSlice(db: Kysely<Schema>, parties: readonly string[]): Promise<Removed> {
  const rows = await callsOf(db, parties).where('ended_at', 'is not', null).limit(sliceCalls).execute()
  const callSids = rows.map((row) => row.call_sid)
  const recordingSids = await removeMessages(db, callSids)
  await removeCalls(db, callSids)
  return { callSids, recordingSids }
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
