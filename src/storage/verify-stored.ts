import { sql, type Kysely } from 'kysely'
import type { AuditHead, AuditVerdict } from '../ports/audit.ts'
import { dialectOf } from './dialect-of.ts'
import { openReader, type RecordsPlace } from './open-reader.ts'
import type { Schema } from './schema.ts'
import { isCorrupt } from './storage-error.ts'
import { lastLinked, verifyAudit } from './verify-audit.ts'

/** What can be said of an audit log that is only read; `none` where there is no database, or none with a log. */
export type StoredVerdict =
  | { readonly kind: 'none' }
  /** The database is damaged, though no record shows it; they read as they were written up to this one, 0 for none. */
  | { readonly kind: 'damaged'; readonly lastGoodSeq: number }
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
 * @throws StorageError when the database cannot be read, for another reason than that it is damaged
 */
export async function verifyStored(
  options: RecordsPlace & { readonly noted?: AuditHead | undefined },
): Promise<StoredVerdict> {
  const { noted } = options
  await using database = await openReader(options)
  if (!database) return { kind: 'none' }
  const { read } = database
  try {
    if (!(await read(hasAudit))) return { kind: 'none' }
    const verdict = await verifyAudit(read)
    if (!verdict.ok) return { kind: 'read', verdict }
    if (!(await read(isFileWhole))) return { kind: 'damaged', lastGoodSeq: verdict.head.seq }
    if (!noted) return { kind: 'read', verdict }
    return { kind: 'read', verdict, noted: await read((db) => compared(db, noted)) }
  } catch (error) {
    if (!isCorrupt(error)) throw error
    return { kind: 'damaged', lastGoodSeq: await lastLinked(read) }
  }
}

/** Looks at every page of SQLite's file, as the server does before it starts; PostgreSQL looks after its own. */
async function isFileWhole(db: Kysely<Schema>): Promise<boolean> {
  if (dialectOf(db) === 'postgres') return true
  const { rows } = await sql<{ readonly quick_check: string }>`pragma quick_check(1)`.execute(db)
  return rows[0]?.quick_check === 'ok'
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
