import { sql, type Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'

/** The local calendar. */
export const events: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('events')
      .addColumn('event_id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('title', 'text', (column) => column.notNull())
      .addColumn('starts_at', 'text', (column) => column.notNull())
      .addColumn('ends_at', 'text', (column) => column.notNull())
      .addColumn('time_zone', 'text', (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('version', 'integer', (column) => column.notNull())
      .addColumn('created_at', 'text', (column) => column.notNull())
      .addColumn('updated_at', 'text', (column) => column.notNull())
      .addCheckConstraint('events_state', sql`state in ('confirmed', 'cancelled')`)
      .addCheckConstraint('events_order', sql`ends_at >= starts_at`)
      .execute()
    await db.schema.createIndex('events_starts_at').on('events').column('starts_at').execute()
  },
}
