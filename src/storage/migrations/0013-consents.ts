import { sql, type Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'

/** Who may be called. */
export const consents: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('consents')
      .addColumn('consent_id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('person_id', 'text', (column) => column.notNull())
      .addColumn('source', 'text', (column) => column.notNull())
      .addColumn('proof', 'text')
      .addColumn('given_at', 'text', (column) => column.notNull())
      .addColumn('expires_at', 'text')
      .addColumn('withdrawn_at', 'text')
      .addColumn('used_by', 'text')
      .addCheckConstraint('consents_source', sql`source in ('callee_request', 'given', 'owner_statement')`)
      .execute()
    await db.schema.createIndex('consents_person_id').on('consents').column('person_id').execute()
  },
}
