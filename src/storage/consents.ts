import type { Kysely } from 'kysely'
import type { ConsentRecord } from '../ports/permissions.ts'
import { optionalTimeMs, optionalTimeText, present, timeMs, timeText } from './columns.ts'
import type { ConsentsTable } from './people-tables.ts'
import type { Schema } from './schema.ts'

/** Inserts the consent of a person. */
export async function insertConsent(
  db: Kysely<Schema>,
  personId: string,
  consent: Omit<ConsentRecord, 'withdrawnAtMs' | 'usedBy'>,
): Promise<void> {
  await db
    .insertInto('consents')
    .values({
      consent_id: consent.consentId,
      person_id: personId,
      source: consent.source,
      proof: consent.proof ?? null,
      given_at: timeText(consent.givenAtMs),
      expires_at: optionalTimeText(consent.expiresAtMs),
      withdrawn_at: null,
      used_by: null,
    })
    .execute()
}

/** Consents of whoever has a number that hold now, the newest first. */
export async function consentsOf(
  db: Kysely<Schema>,
  number: string,
  nowMs: number,
): Promise<readonly ConsentRecord[]> {
  const now = timeText(nowMs)
  const rows = await db
    .selectFrom('consents')
    .innerJoin('people', 'people.person_id', 'consents.person_id')
    .selectAll('consents')
    .where('number', '=', number)
    .where('withdrawn_at', 'is', null)
    .where('used_by', 'is', null)
    .where('given_at', '<=', now)
    .where((where) => where.or([where('expires_at', 'is', null), where('expires_at', '>', now)]))
    .orderBy('given_at', 'desc')
    .orderBy('consent_id')
    .execute()
  return rows.map(consentOf)
}

/**
 * Uses up a consent that covers one errand.
 * INVARIANT: one statement looks and takes, so that it covers one, also between processes.
 */
export async function useConsent(db: Kysely<Schema>, consentId: string, intentId: string): Promise<boolean> {
  const rows = await db
    .updateTable('consents')
    .set({ used_by: intentId })
    .where('consent_id', '=', consentId)
    .where('source', '=', 'owner_statement')
    .where('used_by', 'is', null)
    .where('withdrawn_at', 'is', null)
    .returning('consent_id')
    .execute()
  return rows.length > 0
}

/** Withdraws all consents of whoever has a number; answers how many. */
export async function withdrawConsents(db: Kysely<Schema>, number: string, nowMs: number): Promise<number> {
  const rows = await db
    .updateTable('consents')
    .set({ withdrawn_at: timeText(nowMs) })
    .where('withdrawn_at', 'is', null)
    .where('person_id', 'in', (select) =>
      select.selectFrom('people').select('people.person_id').where('number', '=', number),
    )
    .returning('consent_id')
    .execute()
  return rows.length
}

/** A row as the port tells it. */
export function consentOf(row: ConsentsTable): ConsentRecord {
  return present({
    consentId: row.consent_id,
    source: row.source,
    proof: row.proof ?? undefined,
    givenAtMs: timeMs(row.given_at),
    expiresAtMs: optionalTimeMs(row.expires_at),
    withdrawnAtMs: optionalTimeMs(row.withdrawn_at),
    usedBy: row.used_by ?? undefined,
  })
}
