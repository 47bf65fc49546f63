import { createHash } from 'node:crypto'
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

/** Stores a nonce and forgets those that expired a day ago. Its hash is enough: who reads the file opens no socket. */
export async function insertNonce(db: Kysely<Schema>, issued: IssuedNonce): Promise<void> {
  await db
    .deleteFrom('nonces')
    .where('expires_at', '<', timeText(issued.issuedAtMs - keptAfterExpiryMs))
    .execute()
  await db
    .insertInto('nonces')
    .values({
      nonce: hashOf(issued.nonce),
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
  const hash = hashOf(nonce)
  const claimed = await db
    .updateTable('nonces')
    .set({ claimed_at: now })
    .where('nonce', '=', hash)
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
  return claimed ? { ok: true, callSid: claimed.call_sid } : await refusalOf(db, hash, now)
}

async function refusalOf(db: Kysely<Schema>, hash: string, now: string): Promise<NonceClaim> {
  const row = await db
    .selectFrom('nonces')
    .select(['claimed_at', 'expires_at'])
    .where('nonce', '=', hash)
    .executeTakeFirst()
  if (!row) return { ok: false, reason: 'unknown' }
  if (row.claimed_at !== null) return { ok: false, reason: 'used' }
  // What is neither used nor expired was refused for its call, which is over or was never recorded.
  return { ok: false, reason: row.expires_at > now ? 'callOver' : 'expired' }
}

function hashOf(nonce: string): string {
  return createHash('sha256').update(nonce).digest('base64url')
}
