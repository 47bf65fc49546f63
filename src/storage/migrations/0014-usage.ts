import type { Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'

/** What providers were used for, and what that costs. */
export const usage: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('usage')
      .addColumn('usage_id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('at', 'text', (column) => column.notNull())
      .addColumn('session_id', 'text')
      .addColumn('provider', 'text', (column) => column.notNull())
      .addColumn('model', 'text', (column) => column.notNull())
      .addColumn('input_tokens', 'bigint', (column) => column.notNull())
      .addColumn('cached_tokens', 'bigint', (column) => column.notNull())
      .addColumn('output_tokens', 'bigint', (column) => column.notNull())
      .addColumn('cost_usd_micros', 'bigint', (column) => column.notNull())
      .execute()
    await db.schema.createIndex('usage_at').on('usage').column('at').execute()
  },
}
