import { sql, type Kysely } from 'kysely'
import type { AuditHead, AuditVerdict } from '../ports/audit.ts'
import { dialectOf } from './dialect-of.ts'
import { openReader, type RecordsPlace } from './open-reader.ts'
import type { Schema } from './schema.ts'
import { verifyAudit } from './verify-audit.ts'

/** What can be said of an audit log that is only read; `none` where there is no database, or none with a log. */
export type StoredVerdict =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'read'
      readonly verdict: AuditVerdict
      /** Whether a record that was noted down before is still the same; `removed` when a checkpoint covers it. */
      readonly noted?: 'same' | 'other' | 'removed'
    }

/**
 * Verifies the audit log of a data folder or of a PostgreSQL, also beside the server that writes it.
 * @param options.noted the end of the chain at an earlier time, as the server logged it: with it a chain that somebody
 * wrote anew as a whole is found, too
 * @throws StorageError when the database cannot be read
 */
export async function verifyStored(
  options: RecordsPlace & { readonly noted?: AuditHead | undefined },
): Promise<StoredVerdict> {
  const { noted } = options
  await using database = await openReader(options)
  if (!database) return { kind: 'none' }
  const { read } = database
  if (!(await read(hasAudit))) return { kind: 'none' }
  const verdict = await verifyAudit(read)
  if (!noted) return { kind: 'read', verdict }
  return { kind: 'read', verdict, noted: await read((db) => compared(db, noted)) }
}

/** A database that no server of this version has opened yet has no log. */
async function hasAudit(db: Kysely<Schema>): Promise<boolean> {
  const query =
    dialectOf(db) === 'postgres'
      ? sql`select 1 where to_regclass('audit') is not null`
      : sql`select 1 from sqlite_schema where name = 'audit'`
  return (await query.execute(db)).rows.length > 0
}

async function compared(db: Kysely<Schema>, noted: AuditHead): Promise<'same' | 'other' | 'removed'> {
  const row = await db.selectFrom('audit').select('hash').where('seq', '=', noted.seq).executeTakeFirst()
  if (row) return row.hash === noted.hash ? 'same' : 'other'
  const head = await db.selectFrom('audit_head').select('removed_to').executeTakeFirst()
  return head && noted.seq <= head.removed_to ? 'removed' : 'other'
}
