import type { Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'

/** Calls that were placed for intents: of an intent there is one, and of a call there is one, for ever. */
export const errands: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('errands')
      .addColumn('ref', 'text', (column) => column.primaryKey().notNull())
      .addColumn('call_sid', 'text', (column) => column.unique().notNull())
      .addColumn('session_id', 'text', (column) => column.notNull())
      .addColumn('taken_at', 'text', (column) => column.notNull())
      .addColumn('status', 'text')
      .addColumn('reported_at', 'text')
      .addColumn('notice', 'text')
      .execute()
    await db.schema.createIndex('errands_reported_at').on('errands').column('reported_at').execute()
  },
}
