import type { Kysely } from 'kysely'
import type { NonceClaim } from '../ports/incoming-calls.ts'
import { finalStatusRank } from './calls.ts'
import { timeText } from './columns.ts'
import type { Schema } from './schema.ts'

/** How long an expired nonce stays known, so that a late claim is answered `expired` and the table stays small. */
const keptAfterExpiryMs = 24 * 60 * 60 * 1000

/** A nonce as it is issued. */
export type IssuedNonce = {
  readonly nonce: string
  readonly callSid: string
  readonly issuedAtMs: number
  readonly expiresAtMs: number
}

/** Stores a nonce and forgets those that expired a day ago. */
export async function insertNonce(db: Kysely<Schema>, issued: IssuedNonce): Promise<void> {
  await db
    .deleteFrom('nonces')
    .where('expires_at', '<', timeText(issued.issuedAtMs - keptAfterExpiryMs))
    .execute()
  await db
    .insertInto('nonces')
    .values({
      nonce: issued.nonce,
      call_sid: issued.callSid,
      issued_at: timeText(issued.issuedAtMs),
      expires_at: timeText(issued.expiresAtMs),
      claimed_at: null,
    })
    .execute()
}

/**
 * Takes a nonce of a live call.
 * INVARIANT: one statement both checks and takes, so that of two claims only one can win, also between processes.
 */
export async function claimNonce(db: Kysely<Schema>, nonce: string, nowMs: number): Promise<NonceClaim> {
  const now = timeText(nowMs)
  const claimed = await db
    .updateTable('nonces')
    .set({ claimed_at: now })
    .where('nonce', '=', nonce)
    .where('claimed_at', 'is', null)
    .where('expires_at', '>', now)
    .where((where) =>
      where.exists(
        where
          .selectFrom('calls')
          .select('calls.call_sid')
          .whereRef('calls.call_sid', '=', 'nonces.call_sid')
          .where('calls.ended_at', 'is', null)
          .where('calls.status_rank', '<', finalStatusRank),
      ),
    )
    .returning('call_sid')
    .executeTakeFirst()
  return claimed ? { ok: true, callSid: claimed.call_sid } : await refusalOf(db, nonce, now)
}

/** The newest nonce of a call that can still be claimed. */
export async function openNonce(
  db: Kysely<Schema>,
  callSid: string,
  nowMs: number,
): Promise<string | undefined> {
  const row = await db
    .selectFrom('nonces')
    .select('nonce')
    .where('call_sid', '=', callSid)
    .where('claimed_at', 'is', null)
    .where('expires_at', '>', timeText(nowMs))
    .orderBy('issued_at', 'desc')
    .orderBy('expires_at', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.nonce
}

async function refusalOf(db: Kysely<Schema>, nonce: string, now: string): Promise<NonceClaim> {
  const row = await db
    .selectFrom('nonces')
    .select(['claimed_at', 'expires_at'])
    .where('nonce', '=', nonce)
    .executeTakeFirst()
  if (!row) return { ok: false, reason: 'unknown' }
  if (row.claimed_at !== null) return { ok: false, reason: 'used' }
  // What is neither used nor expired was refused for its call, which is over or was never recorded.
  return { ok: false, reason: row.expires_at > now ? 'callOver' : 'expired' }
}
