import { sql, type Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'
import { dialectOf } from '../dialect-of.ts'

/** The first half of the advisory locks that processes hold on PostgreSQL; the second is a process's own number. */
export const lockClass = 1_129_271_881

/**
 * Which process has a call, and which processes live. SQLite's folder belongs to one process at a time, so there are no
 * others; PostgreSQL knows who holds which lock, and for how long: as long as that process's connection lives.
 */
export const processes: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.alterTable('calls').addColumn('owner', 'integer').execute()
    await db.schema
      .createView('other_processes')
      .as(dialectOf(db) === 'postgres' ? lockHolders : nobody)
      .execute()
  },
}

const nobody = sql<{ owner: number }>`select 0 as owner where false`

const lockHolders = sql<{ owner: number }>`
  select objid::bigint as owner from pg_locks
  where locktype = 'advisory' and classid = ${sql.lit(lockClass)} and granted and pid <> pg_backend_pid()
  and database = (select oid from pg_database where datname = current_database())`
