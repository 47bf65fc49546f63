import { sql, type Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'
import { auditGuards } from '../audit-guards.ts'

/** No record of the audit log is replaced, and the row that says where it begins and ends goes forward only. */
export const furtherGuards: Migration = {
  async up(db: Kysely<unknown>) {
    for (const guard of auditGuards(db).later) await sql.raw(guard.create).execute(db)
  },
}
