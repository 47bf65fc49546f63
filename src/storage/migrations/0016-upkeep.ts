import type { Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'

/** What looking for somebody's records and for old ones goes by. */
export const upkeep: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.createIndex('calls_from_number').on('calls').column('from_number').execute()
    await db.schema.createIndex('calls_to_number').on('calls').column('to_number').execute()
    await db.schema.createIndex('confirmations_created_at').on('confirmations').column('created_at').execute()
  },
}
