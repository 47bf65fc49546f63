import type { Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'

/** Effects that were about to be. Of scope and key there is one, and of a confirmation there is one, for ever. */
export const intents: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('intents')
      .addColumn('intent_id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('scope', 'text', (column) => column.notNull())
      .addColumn('key', 'text', (column) => column.notNull())
      .addColumn('tool', 'text', (column) => column.notNull())
      .addColumn('arguments_hash', 'text', (column) => column.notNull())
      .addColumn('session_id', 'text', (column) => column.notNull())
      .addColumn('actor', 'text', (column) => column.notNull())
      .addColumn('strength', 'text', (column) => column.notNull())
      .addColumn('confirmation_id', 'text', (column) => column.unique())
      .addColumn('destination_hash', 'text')
      .addColumn('destination_last4', 'text')
      .addColumn('range_hash', 'text')
      .addColumn('created_at', 'text', (column) => column.notNull())
      .addColumn('audit_seq', 'integer', (column) => column.notNull())
      .addColumn('owner', 'integer', (column) => column.notNull())
      .addUniqueConstraint('intents_scope_key', ['scope', 'key'])
      .execute()
    await db.schema.createIndex('intents_created_at').on('intents').column('created_at').execute()
    await db.schema.createIndex('intents_destination').on('intents').column('destination_hash').execute()
  },
}
