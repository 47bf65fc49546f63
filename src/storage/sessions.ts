import type { CompiledQuery, Kysely } from 'kysely'
import { z } from 'zod'
import type { SessionRecord } from '../ports/storage.ts'
import { optionalTimeMs, optionalTimeText, present, timeMs, timeText } from './columns.ts'
import { compiledOnce } from './compiled-once.ts'
import { callsOfTheLiving } from './processes.ts'
import type { Schema, SessionsTable } from './schema.ts'

const usageSchema = z.strictObject({
  inputTextTokens: z.number(),
  inputAudioTokens: z.number(),
  cachedTextTokens: z.number(),
  cachedAudioTokens: z.number(),
  outputTextTokens: z.number(),
  outputAudioTokens: z.number(),
})

const upsert = compiledOnce((db, row: SessionsTable) =>
  db
    .insertInto('sessions')
    .values(row)
    .onConflict((conflict) => conflict.column('session_key').doUpdateSet(row))
    .compile(),
)

/** The statement that inserts a session, or replaces all that is known of it. */
export function sessionPut(db: Kysely<Schema>, session: SessionRecord): CompiledQuery {
  return upsert(db, {
    session_key: session.sessionKey,
    call_sid: session.callSid,
    provider: session.provider,
    model: session.model,
    started_at: timeText(session.startedAtMs),
    provider_session_id: session.providerSessionId ?? null,
    ready_at: optionalTimeText(session.readyAtMs),
    ended_at: optionalTimeText(session.endedAtMs),
    end_reason: session.endReason ?? null,
    usage: session.usage ? JSON.stringify(session.usage) : null,
  })
}

/** The sessions of a call, oldest first. */
export async function sessionsOf(db: Kysely<Schema>, callSid: string): Promise<readonly SessionRecord[]> {
  const rows = await db
    .selectFrom('sessions')
    .selectAll()
    .where('call_sid', '=', callSid)
    .orderBy('started_at')
    .orderBy('session_key')
    .execute()
  return rows.map(sessionOf)
}

/** Ends every open session as `processDied`, unless somebody has its call who is not `dead`. */
export async function closeOpenSessions(
  db: Kysely<Schema>,
  nowMs: number,
  dead: readonly number[],
): Promise<void> {
  await db
    .updateTable('sessions')
    .set({ ended_at: timeText(nowMs), end_reason: 'processDied' })
    .where('ended_at', 'is', null)
    .where('call_sid', 'not in', callsOfTheLiving(dead))
    .execute()
}

function sessionOf(row: SessionsTable): SessionRecord {
  return present({
    sessionKey: row.session_key,
    callSid: row.call_sid,
    provider: row.provider,
    model: row.model,
    startedAtMs: timeMs(row.started_at),
    providerSessionId: row.provider_session_id ?? undefined,
    readyAtMs: optionalTimeMs(row.ready_at),
    endedAtMs: optionalTimeMs(row.ended_at),
    endReason: row.end_reason ?? undefined,
    usage: row.usage === null ? undefined : usageSchema.parse(JSON.parse(row.usage)),
  })
}
