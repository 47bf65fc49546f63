import { sql, type Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'

/** Who wants no calls and no messages, by keyed hash alone. */
export const optOuts: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('opt_outs')
      .addColumn('number_hash', 'text', (column) => column.primaryKey().notNull())
      .addColumn('source', 'text', (column) => column.notNull())
      .addColumn('created_at', 'text', (column) => column.notNull())
      .addColumn('expires_at', 'text', (column) => column.notNull())
      .addColumn('lifted_at', 'text')
      .addCheckConstraint('opt_outs_source', sql`source in ('sms', 'voice', 'operator')`)
      .execute()
  },
}
