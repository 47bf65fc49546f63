import type { Kysely } from 'kysely'
import { type Mentions, mentionsOf } from '../lib/number-mentions.ts'
import { textsInJson } from '../lib/texts-in-json.ts'
import type { AuditRecord } from '../ports/audit.ts'
import type { IntentRecord, ProposalRecord } from '../ports/effects.ts'
import type { ErrandRecord } from '../ports/errands.ts'
import type { CompleteCall } from '../ports/storage.ts'
import type { Mention, PersonExport } from '../ports/upkeep.ts'
import { auditRecordOf, auditRows } from './audit.ts'
import { completeCall } from './complete-call.ts'
import { findConfirmation } from './confirmations.ts'
import { consentOf } from './consents.ts'
import { contactsOfNumber } from './contacts.ts'
import { errandsOf } from './errands.ts'
import { intentsTo } from './intents.ts'
import { messageOf } from './messages.ts'
import { findOptOut, isOptedOut } from './opt-outs.ts'
import { callsOf, partiesOf } from './parties.ts'
import { findPerson } from './people.ts'
import type { Keyed } from './person-key.ts'
import { pinTryTimes } from './pin-tries.ts'
import { proposalOf } from './proposals.ts'
import type { ProposalsTable } from './effect-tables.ts'
import type { MessagesTable, Schema } from './schema.ts'
import { type StoredText, struckTexts, textPage } from './stored-texts.ts'

/** Records per read. */
const pageRows = 500

/** What somebody is found by. */
type Person = {
  readonly number: string
  readonly hash: string
  /** Their id, where they have one. */
  readonly person: string | undefined
  /** How calls and messages name them. */
  readonly parties: readonly string[]
  readonly mentions: Mentions
}

/** Reads everything that is kept of whoever has a number, in one view of the database. */
export async function exportPerson(
  db: Kysely<Schema>,
  { number, keyed, nowMs }: { readonly number: string; readonly keyed: Keyed; readonly nowMs: number },
): Promise<PersonExport> {
  const hash = keyed(number)
  const person = await findPerson(db, number)
  const parties = await partiesOf((query) => query(db), number)
  const who: Person = { number, hash, person, parties, mentions: mentionsOf(number) }
  const calls = await callsWith(db, parties)
  const callSids = new Set(calls.map(({ call }) => call.callSid))
  const messages = (await messagesFrom(db, parties)).filter(({ callSid }) => !callSids.has(callSid))
  const contacts = await contactsOfNumber(db, number)
  const consents = await consentsWith(db, person)
  const effects = await paged<IntentRecord>((last) =>
    intentsTo(db, hash, { afterSeq: last?.auditSeq ?? -1, maxIntents: pageRows }),
  )
  const proposals = await proposalsOf(db, who, callSids)
  const own = { calls, messages, contacts, consents, proposals }
  const optOut = await findOptOut(db, hash)
  return {
    number,
    ...(person !== undefined && { person }),
    ...own,
    optedOut: await isOptedOut(db, hash, nowMs),
    ...(optOut && { optOut }),
    pinTriesAtMs: await pinTryTimes(db, hash),
    effects,
    errands: await errandsWith(db, callSids, effects),
    confirmations: await confirmationsOf(db, proposals),
    mentions: await mentionsByOthers(db, who, idsIn(own)),
    audit: await auditOf(db, who, callSids),
  }
}

/** Reads page by page, each after the last record of the one before, and keeps what is wanted. */
async function paged<Row>(
  page: (last: Row | undefined) => Promise<readonly Row[]>,
  isWanted: (row: Row) => boolean = () => true,
): Promise<readonly Row[]> {
  const kept: Row[] = []
  let last: Row | undefined
  do {
    const rows = await page(last)
    kept.push(...rows.filter(isWanted))
    last = rows.at(-1)
  } while (last !== undefined)
  return kept
}

async function callsWith(db: Kysely<Schema>, parties: readonly string[]): Promise<readonly CompleteCall[]> {
  const rows = await paged<{ readonly call_sid: string }>((last) =>
    callsOf(db, parties)
      .where('call_sid', '>', last?.call_sid ?? '')
      .orderBy('call_sid')
      .limit(pageRows)
      .execute(),
  )
  const calls: CompleteCall[] = []
  for (const { call_sid: callSid } of rows) {
    const complete = await completeCall(db, callSid)
    if (complete) calls.push(complete)
  }
  return calls.toSorted((one, other) => one.call.startedAtMs - other.call.startedAtMs)
}

async function messagesFrom(db: Kysely<Schema>, parties: readonly string[]) {
  const rows = await paged<MessagesTable>((last) =>
    db
      .selectFrom('messages')
      .selectAll()
      .where('from_number', 'in', parties)
      .where('message_id', '>', last?.message_id ?? '')
      .orderBy('message_id')
      .limit(pageRows)
      .execute(),
  )
  return rows.map(messageOf)
}

async function consentsWith(db: Kysely<Schema>, person: string | undefined) {
  const rows = await db
    .selectFrom('consents')
    .selectAll()
    .where('person_id', '=', person ?? '')
    .orderBy('given_at')
    .execute()
  return rows.map(consentOf)
}

async function proposalsOf(db: Kysely<Schema>, who: Person, callSids: ReadonlySet<string>) {
  const rows = await paged<ProposalsTable>(
    (last) =>
      db
        .selectFrom('proposals')
        .selectAll()
        .where('proposal_id', '>', last?.proposal_id ?? '')
        .orderBy('proposal_id')
        .limit(pageRows)
        .execute(),
    (row) =>
      callSids.has(row.session_id) ||
      row.actor === who.person ||
      textsInJson(row.arguments).some(who.mentions.isIn),
  )
  return rows.map(proposalOf).toSorted((one, other) => one.createdAtMs - other.createdAtMs)
}

async function confirmationsOf(
  db: Kysely<Schema>,
  proposals: readonly ProposalRecord[],
): Promise<PersonExport['confirmations']> {
  const found: PersonExport['confirmations'][number][] = []
  for (const { proposalId } of proposals) {
    const confirmation = await findConfirmation(db, proposalId)
    if (!confirmation) continue
    const { nonceHash: _, ...told } = confirmation
    found.push(told)
  }
  return found
}

async function errandsWith(
  db: Kysely<Schema>,
  callSids: ReadonlySet<string>,
  effects: readonly IntentRecord[],
): Promise<readonly ErrandRecord[]> {
  const found = new Map<string, ErrandRecord>()
  const sought = { call_sid: Array.from(callSids), ref: effects.map(({ intentId }) => intentId) }
  for (const column of ['call_sid', 'ref'] as const) {
    const ids = sought[column]
    for (let from = 0; from < ids.length; from += pageRows) {
      const errands = await errandsOf(db, column, ids.slice(from, from + pageRows))
      for (const errand of errands) found.set(errand.ref, errand)
    }
  }
  return Array.from(found.values())
}

/** Under which ids the texts that are their own would be found. */
function idsIn(
  own: Pick<PersonExport, 'calls' | 'messages' | 'contacts' | 'consents' | 'proposals'>,
): ReadonlySet<string> {
  return new Set([
    ...own.calls.map(({ call }) => call.callSid),
    ...[...own.messages, ...own.calls.flatMap((call) => call.messages)].map(({ messageId }) => messageId),
    ...own.contacts.map(({ contactId }) => contactId),
    ...own.consents.map(({ consentId }) => consentId),
    ...own.proposals.map(({ proposalId }) => proposalId),
  ])
}

/** What holds the number and is not given as their own already. */
async function mentionsByOthers(
  db: Kysely<Schema>,
  { mentions }: Person,
  theirs: ReadonlySet<string>,
): Promise<readonly Mention[]> {
  const found: Mention[] = []
  for (const place of struckTexts) {
    const rows = await paged<StoredText>(
      (last) => textPage(db, place, last?.key),
      ({ key, texts }) => !theirs.has(String(key[0])) && texts.some(mentions.isIn),
    )
    found.push(...rows.map(({ key, texts }) => ({ kind: place.kind, id: String(key[0]), texts })))
  }
  return found
}

async function auditOf(
  db: Kysely<Schema>,
  { person, hash }: Person,
  callSids: ReadonlySet<string>,
): Promise<readonly AuditRecord[]> {
  return await paged<AuditRecord>(
    async (last) => {
      const rows = await auditRows(db, { afterSeq: last?.seq ?? 0, maxRecords: pageRows })
      return rows.map(auditRecordOf)
    },
    ({ actor, session, data }) =>
      (person !== undefined && [actor, data.person, data.destination].includes(person)) ||
      data.textHash === hash ||
      (session !== undefined && callSids.has(session)),
  )
}
