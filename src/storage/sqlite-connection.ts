import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { meaningOf } from './sqlite-failure.ts'
import { StorageError } from './storage-error.ts'

/**
 * How long a statement may hold its thread while it waits for another process's lock. The wait proper is the write
 * queue's, which holds nothing.
 */
export const busyTimeoutMs = 20

/** Statements kept compiled per connection; the rooms use a few dozen texts, none built from data. */
const maxCachedStatements = 200

/** A statement that was compiled once. */
export type Statement = {
  /** Whether it answers rows. */
  readonly reader: boolean
  all(parameters: readonly unknown[]): unknown[]
  run(parameters: readonly unknown[]): { changes: number | bigint; lastInsertRowid: number | bigint }
  iterate(parameters: readonly unknown[]): IterableIterator<unknown>
}

/**
 * Opens a database file for writing: with a write-ahead log, so that readers are never blocked, and each commit on disk
 * when it returns. What is deleted is overwritten.
 * @throws StorageError `corrupt` when the file is damaged or no database, `failed` when it cannot be opened
 */
export function openForWriting(path: string): DatabaseSync {
  const database = opened(path)
  try {
    check(database)
    database.exec('pragma journal_mode = wal; pragma synchronous = full; pragma secure_delete = on')
    return database
  } catch (error) {
    database.close()
    throw error instanceof StorageError ? error : new StorageError(meaningOf(error), { cause: error })
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

/** Compiles each text once. */
export function statementsOf(database: DatabaseSync): (sql: string) => Statement {
  const statements = new Map<string, Statement>()
  return (sql) => {
    const known = statements.get(sql)
    if (known) return known
    // Immediate: another writer is met here, before anything was done, and not halfway.
    const statement = statementOf(database.prepare(sql === 'begin' ? 'begin immediate' : sql))
    if (statements.size >= maxCachedStatements) statements.clear()
    statements.set(sql, statement)
    return statement
  }
}

function statementOf(statement: StatementSync): Statement {
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...values(parameters)),
    run: (parameters) => statement.run(...values(parameters)),
    iterate: (parameters) => statement.iterate(...values(parameters)),
  }
}

/** Kysely passes what the typed columns hold; node:sqlite itself throws on anything that SQLite cannot store. */
function values(parameters: readonly unknown[]): SQLInputValue[] {
  return parameters as SQLInputValue[]
}
