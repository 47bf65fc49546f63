import { sql, type Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'

/** What became of effects: one for each intent. */
export const outcomes: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('outcomes')
      .addColumn('intent_id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('provider_id', 'text')
      .addColumn('code', 'text')
      .addColumn('settled_at', 'text', (column) => column.notNull())
      .addCheckConstraint('outcomes_state', sql`state in ('done', 'failed', 'unknown')`)
      .execute()
    await db.schema.createIndex('outcomes_state_at').on('outcomes').columns(['state', 'settled_at']).execute()
  },
}
