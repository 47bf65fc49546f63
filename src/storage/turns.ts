import type { CompiledQuery, Kysely } from 'kysely'
import type { TurnRecord } from '../ports/storage.ts'
import { present, storableText, timeMs, timeText, whole } from './columns.ts'
import { compiledOnce } from './compiled-once.ts'
import type { Schema, TurnsTable } from './schema.ts'

const upsert = compiledOnce((db, row: TurnsTable) =>
  db
    .insertInto('turns')
    .values(row)
    .onConflict((conflict) => conflict.columns(['call_sid', 'seq']).doUpdateSet(row))
    .compile(),
)

/** The statement that inserts a turn, or replaces all that is known of it. */
export function turnPut(db: Kysely<Schema>, turn: TurnRecord): CompiledQuery {
  return upsert(db, {
    call_sid: turn.callSid,
    seq: turn.seq,
    speaker: turn.speaker,
    text: storableText(turn.text),
    source: turn.source,
    started_at: timeText(turn.startedAtMs),
    interrupted: turn.interrupted ? 1 : 0,
    heard_ms: whole(turn.heardMs),
    first_delta_ms: whole(turn.firstDeltaMs),
    first_media_ms: whole(turn.firstMediaMs),
    first_mark_ms: whole(turn.firstMarkMs),
  })
}

/** The turns of a call in the order of the call. */
export async function turnsOf(db: Kysely<Schema>, callSid: string): Promise<readonly TurnRecord[]> {
  const rows = await db
    .selectFrom('turns')
    .selectAll()
    .where('call_sid', '=', callSid)
    .orderBy('seq')
    .execute()
  return rows.map(turnOf)
}

function turnOf(row: TurnsTable): TurnRecord {
  return present({
    callSid: row.call_sid,
    seq: row.seq,
    speaker: row.speaker,
    text: row.text,
    source: row.source,
    startedAtMs: timeMs(row.started_at),
    interrupted: row.interrupted === 1,
    heardMs: row.heard_ms ?? undefined,
    firstDeltaMs: row.first_delta_ms ?? undefined,
    firstMediaMs: row.first_media_ms ?? undefined,
    firstMarkMs: row.first_mark_ms ?? undefined,
  })
}
