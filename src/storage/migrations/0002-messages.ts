import { sql, type Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'

/** Messages that callers left, and whether the owner was told. */
export const messages: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('messages')
      .addColumn('message_id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('call_sid', 'text', (column) => column.notNull())
      .addColumn('from_number', 'text', (column) => column.notNull())
      .addColumn('recording_sid', 'text', (column) => column.notNull())
      .addColumn('duration_seconds', 'integer', (column) => column.notNull())
      .addColumn('received_at', 'text', (column) => column.notNull())
      .addColumn('notice', 'text')
      .addCheckConstraint('messages_notice', sql`notice in ('sent', 'failed', 'unknown', 'none')`)
      .execute()
    await db.schema.createIndex('messages_call_sid').on('messages').column('call_sid').execute()
  },
}
