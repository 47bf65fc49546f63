import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { Kysely, SqliteAdapter, SqliteDialect, type SqliteDatabase } from 'kysely'
import type { Database } from './database.ts'
import type { Schema } from './schema.ts'
import { meaningOf } from './sqlite-failure.ts'
import { StorageError } from './storage-error.ts'

/**
 * How long a statement may hold the event loop while it waits for another process's lock. The wait proper is the
 * write queue's, which lets the loop run.
 */
const busyTimeoutMs = 20

/** Statements kept compiled per connection; the rooms use a few dozen texts, none built from data. */
const maxCachedStatements = 200

/** SQLite can roll back a CREATE TABLE; Kysely's own adapter does not count on it and would migrate step by step. */
class TransactionalDdlAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true
  }
}

class Dialect extends SqliteDialect {
  override createAdapter(): SqliteAdapter {
    return new TransactionalDdlAdapter()
  }
}

/**
 * Opens a database file for writing and, apart from that, for reading.
 * @throws StorageError `corrupt` when the file is damaged or no database, `failed` when it cannot be opened
 */
export function openSqlite(path: string): Database {
  const writing = opened(path)
  let reading: DatabaseSync
  try {
    check(writing)
    // A commit is on disk when it returns; readers are never blocked by the writer.
    writing.exec('pragma journal_mode = wal; pragma synchronous = full')
    reading = new DatabaseSync(path, { timeout: busyTimeoutMs, readOnly: true })
  } catch (error) {
    writing.close()
    throw error instanceof StorageError ? error : new StorageError(meaningOf(error), { cause: error })
  }
  const writer = kyselyOn(writing)
  const reader = kyselyOn(reading)
  return {
    writer,
    reader,
    meaningOf,
    close() {
      reading.close()
      // SQLite moves the log into the database and removes it when the last connection closes. While another process
      // reads it stays, which loses nothing.
      writing.close()
      return Promise.resolve()
    },
  }
}

/**
 * Opens a database that another process may be writing, only to read it.
 * @throws StorageError when there is none, or it cannot be read
 */
export function openSqliteReader(path: string): Pick<Database, 'reader' | 'close'> {
  try {
    const reading = new DatabaseSync(path, { timeout: busyTimeoutMs, readOnly: true })
    return { reader: kyselyOn(reading), close: () => Promise.resolve(reading.close()) }
  } catch (error) {
    throw new StorageError(meaningOf(error), { cause: error })
  }
}

function opened(path: string): DatabaseSync {
  try {
    return new DatabaseSync(path, { timeout: busyTimeoutMs, defensive: true })
  } catch (error) {
    throw new StorageError(meaningOf(error), { cause: error })
  }
}

function check(database: DatabaseSync): void {
  const [row] = database.prepare('pragma quick_check(1)').all()
  if (row?.['quick_check'] !== 'ok') throw new StorageError('corrupt')
}

function kyselyOn(database: DatabaseSync): Kysely<Schema> {
  return new Kysely<Schema>({ dialect: new Dialect({ database: adapted(database) }) })
}

/** The part of a database that Kysely asks for, on node:sqlite. */
function adapted(database: DatabaseSync): SqliteDatabase {
  const statements = new Map<string, ReturnType<typeof statementOf>>()
  return {
    close: () => database.close(),
    prepare(sql) {
      const known = statements.get(sql)
      if (known) return known
      // Immediate: another writer is met here, before anything was done, and not halfway.
      const statement = statementOf(database.prepare(sql === 'begin' ? 'begin immediate' : sql))
      if (statements.size >= maxCachedStatements) statements.clear()
      statements.set(sql, statement)
      return statement
    },
  }
}

function statementOf(statement: StatementSync) {
  return {
    reader: statement.columns().length > 0,
    all: (parameters: readonly unknown[]) => statement.all(...values(parameters)),
    run: (parameters: readonly unknown[]) => statement.run(...values(parameters)),
    iterate: (parameters: readonly unknown[]) => statement.iterate(...values(parameters)),
  }
}

/** Kysely passes what the typed columns hold; node:sqlite itself throws on anything that SQLite cannot store. */
function values(parameters: readonly unknown[]): SQLInputValue[] {
  return parameters as SQLInputValue[]
}
