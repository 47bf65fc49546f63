import type { Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'

/** Who has which number; and facts of the database itself, as which key it was begun with. */
export const people: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('people')
      .addColumn('person_id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('number', 'text', (column) => column.notNull().unique())
      .addColumn('number_hash', 'text', (column) => column.notNull().unique())
      .addColumn('created_at', 'text', (column) => column.notNull())
      .execute()
    await db.schema
      .createTable('facts')
      .addColumn('name', 'text', (column) => column.primaryKey().notNull())
      .addColumn('value', 'text', (column) => column.notNull())
      .execute()
  },
}
