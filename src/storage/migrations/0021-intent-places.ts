import type { Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'

/** What the audit log is held against by: the last record that an intent has its place in. */
export const intentPlaces: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.createIndex('intents_audit_seq').on('intents').column('audit_seq').execute()
  },
}
