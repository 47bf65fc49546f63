import type { Kysely } from 'kysely'
import type { Schema } from './schema.ts'

/** Removes what was left in calls; answers what the network calls the recordings among it, which it has still. */
export async function removeMessages(
  db: Kysely<Schema>,
  callSids: readonly string[],
): Promise<readonly string[]> {
  if (callSids.length === 0) return []
  const rows = await db
    .deleteFrom('messages')
    .where('call_sid', 'in', callSids)
    .returning('recording_sid')
    .execute()
  return rows.flatMap((row) => row.recording_sid ?? [])
}

/**
 * Removes what was said in calls, and what the model asked for in them. Questions lose their words. Recordings stay:
 * nothing else would name them to whoever has them deleted at the network.
 */
export async function removeWords(db: Kysely<Schema>, callSids: readonly string[]): Promise<void> {
  if (callSids.length === 0) return
  await db.deleteFrom('turns').where('call_sid', 'in', callSids).execute()
  await db.deleteFrom('messages').where('call_sid', 'in', callSids).where('kind', '=', 'words').execute()
  const proposals = await db
    .deleteFrom('proposals')
    .where('session_id', 'in', callSids)
    .returning('proposal_id')
    .execute()
  await silenceQuestions(
    db,
    proposals.map((row) => row.proposal_id),
  )
}

/** Takes the words out of questions. */
export async function silenceQuestions(db: Kysely<Schema>, proposalIds: readonly string[]): Promise<void> {
  if (proposalIds.length === 0) return
  await db
    .updateTable('confirmations')
    .set({ question: null })
    .where('proposal_id', 'in', proposalIds)
    .execute()
}

/** Removes calls and all that belongs to them, but recordings. */
export async function removeCalls(db: Kysely<Schema>, callSids: readonly string[]): Promise<void> {
  if (callSids.length === 0) return
  await removeWords(db, callSids)
  for (const table of ['streams', 'sessions', 'nonces', 'errands', 'calls'] as const) {
    await db.deleteFrom(table).where('call_sid', 'in', callSids).execute()
  }
}

/** Removes whoever became known before a time, and is in no call, no contact and no consent any more. */
export async function removeUnknown(db: Kysely<Schema>, before: string): Promise<void> {
  await unknownPeople(db).where('created_at', '<', before).execute()
}

/** Removes whoever has a number, unless they are in a call, a contact or a consent. */
export async function removeIfUnknown(db: Kysely<Schema>, number: string): Promise<void> {
  await unknownPeople(db).where('number', '=', number).execute()
}

function unknownPeople(db: Kysely<Schema>) {
  return db.deleteFrom('people').where((where) =>
    where.not(
      where.or([
        where.exists(
          where
            .selectFrom('calls')
            .select('calls.call_sid')
            .where((either) =>
              either.or([
                either('calls.from_number', '=', either.ref('people.number')),
                either('calls.to_number', '=', either.ref('people.number')),
              ]),
            ),
        ),
        where.exists(
          where
            .selectFrom('contacts')
            .select('contacts.contact_id')
            .whereRef('contacts.person_id', '=', 'people.person_id'),
        ),
        where.exists(
          where
            .selectFrom('consents')
            .select('consents.consent_id')
            .whereRef('consents.person_id', '=', 'people.person_id'),
        ),
      ]),
    ),
  )
}
