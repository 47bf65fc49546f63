import { sql, type Kysely } from 'kysely'
import { dialectOf } from './dialect-of.ts'
import { migrationNames } from './migrate.ts'
import { comparePersonKey } from './people.ts'
import type { Keyed } from './person-key.ts'
import type { Schema } from './schema.ts'
import { StorageError } from './storage-error.ts'
import type { Reading } from './reading.ts'
import { verifyAudit } from './verify-audit.ts'

/**
 * Refuses to read what a server would refuse to run on: a database of another version, another key than it was begun
 * with, an audit log that is not whole.
 * @throws StorageError `failed`, `wrongKey`, `corrupt`
 */
export async function checkUsable(read: Reading, keyed: Keyed): Promise<void> {
  const applied = await read(appliedMigrations)
  if (applied.some((name) => !migrationNames.includes(name))) {
    throw new StorageError('failed', { detail: 'a newer version has written it' })
  }
  if (applied.length < migrationNames.length) {
    throw new StorageError('failed', { detail: 'a start of the server has to bring its tables up to date' })
  }
  await read((db) => comparePersonKey(db, keyed))
  const verdict = await verifyAudit(read)
  if (verdict.ok) return
  throw new StorageError('corrupt', { detail: `audit record ${verdict.seq} is ${verdict.reason}` })
}

/** The names of the steps that a database has behind it; none where no server has opened it yet. */
async function appliedMigrations(db: Kysely<Schema>): Promise<readonly string[]> {
  const table =
    dialectOf(db) === 'postgres'
      ? sql`select 1 where to_regclass('kysely_migration') is not null`
      : sql`select 1 from sqlite_schema where name = 'kysely_migration'`
  if ((await table.execute(db)).rows.length === 0) return []
  const { rows } = await sql<{ readonly name: string }>`select name from kysely_migration`.execute(db)
  return rows.map(({ name }) => name)
}
