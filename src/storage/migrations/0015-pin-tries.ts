import type { Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'

/** When a PIN was tried from which number, by keyed hash; never what was keyed in. */
export const pinTries: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('pin_tries')
      .addColumn('number_hash', 'text', (column) => column.notNull())
      .addColumn('tried_at', 'text', (column) => column.notNull())
      .execute()
    await db.schema
      .createIndex('pin_tries_number')
      .on('pin_tries')
      .columns(['number_hash', 'tried_at'])
      .execute()
  },
}
