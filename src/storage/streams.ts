import type { Kysely } from 'kysely'
import type { StreamRecord } from '../ports/storage.ts'
import { optionalTimeMs, optionalTimeText, present, timeMs, timeText, whole } from './columns.ts'
import { callsOfTheLiving } from './processes.ts'
import type { Schema, StreamsTable } from './schema.ts'

/** Inserts a stream, or replaces all that is known of it. */
export async function putStream(db: Kysely<Schema>, stream: StreamRecord): Promise<void> {
  const row: StreamsTable = {
    stream_sid: stream.streamSid,
    call_sid: stream.callSid,
    started_at: timeText(stream.startedAtMs),
    ended_at: optionalTimeText(stream.endedAtMs),
    end_reason: stream.endReason ?? null,
    frames_in: whole(stream.framesIn),
    frames_out: whole(stream.framesOut),
  }
  await db
    .insertInto('streams')
    .values(row)
    .onConflict((conflict) => conflict.column('stream_sid').doUpdateSet(row))
    .execute()
}

/** The streams of a call, oldest first. */
export async function streamsOf(db: Kysely<Schema>, callSid: string): Promise<readonly StreamRecord[]> {
  const rows = await db
    .selectFrom('streams')
    .selectAll()
    .where('call_sid', '=', callSid)
    .orderBy('started_at')
    .orderBy('stream_sid')
    .execute()
  return rows.map(streamOf)
}

/** Ends every open stream as `processDied`, unless somebody has its call who is not `dead`. */
export async function closeOpenStreams(
  db: Kysely<Schema>,
  nowMs: number,
  dead: readonly number[],
): Promise<void> {
  await db
    .updateTable('streams')
    .set({ ended_at: timeText(nowMs), end_reason: 'processDied' })
    .where('ended_at', 'is', null)
    .where('call_sid', 'not in', callsOfTheLiving(dead))
    .execute()
}

function streamOf(row: StreamsTable): StreamRecord {
  return present({
    streamSid: row.stream_sid,
    callSid: row.call_sid,
    startedAtMs: timeMs(row.started_at),
    endedAtMs: optionalTimeMs(row.ended_at),
    endReason: row.end_reason ?? undefined,
    framesIn: row.frames_in ?? undefined,
    framesOut: row.frames_out ?? undefined,
  })
}
