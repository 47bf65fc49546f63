import type { Kysely } from 'kysely'
import type { Messages } from '../ports/messages.ts'
import type { MessageContent, MessageRecord } from '../ports/storage.ts'
import { present, storableText, timeMs, timeText } from './columns.ts'
import type { MessagesTable, Schema } from './schema.ts'
import type { Store } from './store.ts'

/** What callers left, in a database. */
export class DatabaseMessages implements Messages {
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  page({ afterId, maxMessages }: Parameters<Messages['page']>[0]): ReturnType<Messages['page']> {
    return this.#store.read(async (db) => {
      const last = afterId === undefined ? undefined : await messageRow(db, afterId)
      if (afterId !== undefined && !last) return undefined
      let query = db.selectFrom('messages').selectAll()
      if (last) {
        query = query.where((where) =>
          where.or([
            where('received_at', '<', last.received_at),
            where.and([
              where('received_at', '=', last.received_at),
              where('message_id', '<', last.message_id),
            ]),
          ]),
        )
      }
      const rows = await query
        .orderBy('received_at', 'desc')
        .orderBy('message_id', 'desc')
        .limit(maxMessages)
        .execute()
      return rows.map(messageOf)
    })
  }

  recordingsBefore(
    options: Parameters<Messages['recordingsBefore']>[0],
  ): ReturnType<Messages['recordingsBefore']> {
    return this.#store.read(async (db) => {
      const rows = await db
        .selectFrom('messages')
        .select(['message_id', 'recording_sid'])
        .where('kind', '=', 'recording')
        .where('received_at', '<', timeText(options.beforeMs))
        .orderBy('received_at')
        .orderBy('message_id')
        .limit(options.maxMessages)
        .execute()
      return rows.map((row) => ({ messageId: row.message_id, recordingSid: row.recording_sid ?? '' }))
    })
  }

  find(messageId: string): Promise<MessageRecord | undefined> {
    return this.#store.read(async (db) => {
      const row = await messageRow(db, messageId)
      return row && messageOf(row)
    })
  }

  remove(messageId: string): Promise<boolean> {
    return this.#store.writes.add(async (db) => {
      const rows = await db
        .deleteFrom('messages')
        .where('message_id', '=', messageId)
        .returning('message_id')
        .execute()
      return rows.length > 0
    }, 'now')
  }
}

/** Inserts a message. @returns false when it is known and nothing was changed */
export async function insertMessage(db: Kysely<Schema>, message: MessageRecord): Promise<boolean> {
  const rows = await db
    .insertInto('messages')
    .values({
      message_id: message.messageId,
      call_sid: message.callSid,
      from_number: message.from,
      ...contentColumns(message),
      received_at: timeText(message.receivedAtMs),
      notice: message.notice ?? null,
    })
    .onConflict((conflict) => conflict.column('message_id').doNothing())
    .returning('message_id')
    .execute()
  return rows.length > 0
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
  return rows.map(messageOf)
}

function messageRow(db: Kysely<Schema>, messageId: string): Promise<MessagesTable | undefined> {
  return db.selectFrom('messages').selectAll().where('message_id', '=', messageId).executeTakeFirst()
}

type ContentColumns = Pick<
  MessagesTable,
  'kind' | 'recording_sid' | 'duration_seconds' | 'body' | 'caller_name' | 'call_back'
>

function contentColumns(content: MessageContent): ContentColumns {
  const nothing = {
    recording_sid: null,
    duration_seconds: null,
    body: null,
    caller_name: null,
    call_back: null,
  }
  if (content.kind === 'recording') {
    const { kind, recordingSid, durationSeconds } = content
    return { ...nothing, kind, recording_sid: recordingSid, duration_seconds: durationSeconds }
  }
  const { kind, text, callerName, callBack } = content
  return {
    ...nothing,
    kind,
    body: storableText(text),
    caller_name: callerName === undefined ? null : storableText(callerName),
    call_back: callBack === undefined ? null : storableText(callBack),
  }
}

/** A row as the port tells it. */
export function messageOf(row: MessagesTable): MessageRecord {
  const common = present({
    messageId: row.message_id,
    callSid: row.call_sid,
    from: row.from_number,
    receivedAtMs: timeMs(row.received_at),
    notice: row.notice ?? undefined,
  })
  if (row.kind === 'recording') {
    const { recording_sid: recordingSid, duration_seconds: durationSeconds } = row
    return {
      ...common,
      kind: row.kind,
      recordingSid: recordingSid ?? '',
      durationSeconds: durationSeconds ?? 0,
    }
  }
  const words = present({ callerName: row.caller_name ?? undefined, callBack: row.call_back ?? undefined })
  return { ...common, kind: row.kind, text: row.body ?? '', ...words }
}
