import type { Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'

/** What the model asked for. */
export const proposals: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('proposals')
      .addColumn('proposal_id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('session_id', 'text', (column) => column.notNull())
      .addColumn('call_id', 'text', (column) => column.notNull())
      .addColumn('tool', 'text', (column) => column.notNull())
      .addColumn('arguments', 'text', (column) => column.notNull())
      .addColumn('arguments_hash', 'text', (column) => column.notNull())
      .addColumn('actor', 'text', (column) => column.notNull())
      .addColumn('strength', 'text', (column) => column.notNull())
      .addColumn('taint', 'text', (column) => column.notNull())
      .addColumn('created_at', 'text', (column) => column.notNull())
      .execute()
    await db.schema.createIndex('proposals_session_id').on('proposals').column('session_id').execute()
    await db.schema.createIndex('proposals_created_at').on('proposals').column('created_at').execute()
  },
}
