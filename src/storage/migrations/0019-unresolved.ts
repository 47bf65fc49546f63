import type { Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'

/** Of effects that stay unknown: when operators were shown it, and when the owner was told. */
export const unresolved: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.alterTable('outcomes').addColumn('shown_at', 'text').execute()
    await db.schema.alterTable('outcomes').addColumn('told_at', 'text').execute()
  },
}
