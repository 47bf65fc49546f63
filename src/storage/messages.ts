import type { Kysely } from 'kysely'
import type { NoticeOutcome } from '../ports/owner-notice.ts'
import type { MessageRecord } from '../ports/storage.ts'
import { present, timeMs, timeText } from './columns.ts'
import type { Schema } from './schema.ts'

/** Inserts a message. @returns false when it is known and nothing was changed */
export async function insertMessage(db: Kysely<Schema>, message: MessageRecord): Promise<boolean> {
  const rows = await db
    .insertInto('messages')
    .values({
      message_id: message.messageId,
      call_sid: message.callSid,
      from_number: message.from,
      recording_sid: message.recordingSid,
      duration_seconds: message.durationSeconds,
      received_at: timeText(message.receivedAtMs),
      notice: message.notice ?? null,
    })
    .onConflict((conflict) => conflict.column('message_id').doNothing())
    .returning('message_id')
    .execute()
  return rows.length > 0
}

/** Notes what became of telling the owner. */
export async function setNotice(db: Kysely<Schema>, messageId: string, notice: NoticeOutcome): Promise<void> {
  await db.updateTable('messages').set({ notice }).where('message_id', '=', messageId).execute()
}

/** The messages of a call, the oldest first. */
export async function messagesOf(db: Kysely<Schema>, callSid: string): Promise<readonly MessageRecord[]> {
  const rows = await db
    .selectFrom('messages')
    .selectAll()
    .where('call_sid', '=', callSid)
    .orderBy('received_at')
    .orderBy('message_id')
    .execute()
  return rows.map((row) =>
    present({
      messageId: row.message_id,
      callSid: row.call_sid,
      from: row.from_number,
      recordingSid: row.recording_sid,
      durationSeconds: row.duration_seconds,
      receivedAtMs: timeMs(row.received_at),
      notice: row.notice ?? undefined,
    }),
  )
}
