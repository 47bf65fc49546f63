import { sql, type Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'

/** Questions about proposals, and their answers. */
export const confirmations: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('confirmations')
      .addColumn('proposal_id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('nonce_hash', 'text', (column) => column.notNull().unique())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('ttl_ms', 'integer', (column) => column.notNull())
      .addColumn('attempts', 'integer', (column) => column.notNull())
      .addColumn('question', 'text')
      .addColumn('asked_at', 'text')
      .addColumn('decided_at', 'text')
      .addColumn('evidence', 'text')
      .addColumn('used_at', 'text')
      .addColumn('created_at', 'text', (column) => column.notNull())
      .addColumn('owner', 'integer', (column) => column.notNull())
      .addCheckConstraint(
        'confirmations_state',
        sql`state in ('proposed', 'asked', 'confirmed', 'denied', 'expired', 'superseded', 'cancelled')`,
      )
      .addCheckConstraint('confirmations_used', sql`used_at is null or state = 'confirmed'`)
      .execute()
    await db.schema.createIndex('confirmations_state_at').on('confirmations').column('state').execute()
  },
}
