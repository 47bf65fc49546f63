import type { Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'

/** Whom the owner knows; their numbers are in the table people. */
export const contacts: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('contacts')
      .addColumn('contact_id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('search_name', 'text', (column) => column.notNull())
      .addColumn('person_id', 'text')
      .addColumn('email', 'text')
      .addColumn('note', 'text')
      .addColumn('created_at', 'text', (column) => column.notNull())
      .addColumn('updated_at', 'text', (column) => column.notNull())
      .execute()
    await db.schema.createIndex('contacts_person_id').on('contacts').column('person_id').execute()
  },
}
