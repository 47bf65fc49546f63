import { sql, type Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'

/**
 * Messages may also be words that were taken down. SQLite cannot take a NOT NULL away from a column, so the table is made
 * anew and the rows are carried over.
 */
export const messageWords: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('messages_of_both_kinds')
      .addColumn('message_id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('call_sid', 'text', (column) => column.notNull())
      .addColumn('from_number', 'text', (column) => column.notNull())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('recording_sid', 'text')
      .addColumn('duration_seconds', 'integer')
      .addColumn('body', 'text')
      .addColumn('caller_name', 'text')
      .addColumn('call_back', 'text')
      .addColumn('received_at', 'text', (column) => column.notNull())
      .addColumn('notice', 'text')
      .addCheckConstraint('messages_notices', sql`notice in ('sent', 'failed', 'unknown', 'none')`)
      .addCheckConstraint(
        'messages_kind',
        sql`(kind = 'recording' and recording_sid is not null and duration_seconds is not null)
          or (kind = 'words' and body is not null)`,
      )
      .execute()
    await sql`insert into messages_of_both_kinds
      (message_id, call_sid, from_number, kind, recording_sid, duration_seconds, received_at, notice)
      select message_id, call_sid, from_number, 'recording', recording_sid, duration_seconds, received_at, notice
      from messages`.execute(db)
    await db.schema.dropTable('messages').execute()
    await db.schema.alterTable('messages_of_both_kinds').renameTo('messages').execute()
    await db.schema.createIndex('messages_call_sid').on('messages').column('call_sid').execute()
    await db.schema.createIndex('messages_received_at').on('messages').column('received_at').execute()
  },
}
