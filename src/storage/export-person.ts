import type { Kysely } from 'kysely'
import { mentionsOf } from '../lib/number-mentions.ts'
import type { CompleteCall } from '../ports/storage.ts'
import type { PersonExport } from '../ports/upkeep.ts'
import { completeCall } from './complete-call.ts'
import { consentOf } from './consents.ts'
import { contactsOfNumber } from './contacts.ts'
import { intentsTo } from './intents.ts'
import { isOptedOut } from './opt-outs.ts'
import { findPerson } from './people.ts'
import type { Keyed } from './person-key.ts'
import { proposalOf } from './proposals.ts'
import type { Schema } from './schema.ts'

/** Reads everything that is kept of whoever has a number, in one view of the database. */
export async function exportPerson(
  db: Kysely<Schema>,
  { number, keyed, nowMs }: { readonly number: string; readonly keyed: Keyed; readonly nowMs: number },
): Promise<PersonExport> {
  const rows = await db
    .selectFrom('calls')
    .select('call_sid')
    .where((where) => where.or([where('from_number', '=', number), where('to_number', '=', number)]))
    .orderBy('started_at')
    .execute()
  const calls: CompleteCall[] = []
  for (const { call_sid: callSid } of rows) {
    const complete = await completeCall(db, callSid)
    if (complete) calls.push(complete)
  }
  const person = await findPerson(db, number)
  const consents = await db
    .selectFrom('consents')
    .selectAll()
    .where('person_id', '=', person ?? '')
    .orderBy('given_at')
    .execute()
  const proposals = await db.selectFrom('proposals').selectAll().orderBy('created_at').execute()
  const mentions = mentionsOf(number)
  return {
    number,
    calls,
    contacts: await contactsOfNumber(db, number),
    consents: consents.map(consentOf),
    optedOut: await isOptedOut(db, keyed(number), nowMs),
    effects: await intentsTo(db, keyed(number)),
    proposals: proposals.filter((row) => mentions.isIn(row.arguments)).map(proposalOf),
  }
}
