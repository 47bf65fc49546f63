import { randomInt } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import { Kysely, sql, SqliteAdapter, SqliteDialect, type SqliteDatabase } from 'kysely'
import type { Database, DatabaseFiles, OpenReader } from './database.ts'
import { openToRead } from './open-to-read.ts'
import type { Schema } from './schema.ts'
import { busyTimeoutMs, openForWriting, statementsOf } from './sqlite-connection.ts'
import { meaningOf } from './sqlite-failure.ts'
import { StorageError } from './storage-error.ts'
import { ThreadDriver } from './thread-dialect.ts'
import { WritingThread } from './writing-thread.ts'

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

class ThreadDialect extends Dialect {
  readonly #thread: WritingThread

  constructor(thread: WritingThread) {
    super({ database: () => Promise.reject(new TypeError('The writing thread has its own driver')) })
    this.#thread = thread
  }

  override createDriver(): ThreadDriver {
    return new ThreadDriver(this.#thread)
  }
}

/**
 * Opens a database file for writing and, apart from that, for reading. The event loop waits for each commit: for
 * commands, and where nothing may happen outside of the loop.
 * @throws StorageError `corrupt` when the file is damaged or no database, `failed` when it cannot be opened
 */
export function openSqlite(path: string): Database {
  const writing = openForWriting(path)
  const reader = openReaderBeside(path, () => writing.close())
  const writer = kyselyOn(writing)
  return {
    writer,
    ...reader,
    files: filesOf(writer),
    close: async () => {
      await reader.close()
      // SQLite moves the log into the database and removes it when the last connection closes. While another process
      // reads it stays, which loses nothing.
      writing.close()
    },
  }
}

/**
 * The same with the writing connection in a thread of its own, so that no commit holds the event loop.
 * @throws StorageError (as a rejection) like `openSqlite`
 */
export async function openSqliteThread(path: string): Promise<Database> {
  const thread = await WritingThread.open(path)
  const reader = openReaderBeside(path, () => void thread.close())
  const writer = new Kysely<Schema>({ dialect: new ThreadDialect(thread) })
  return {
    writer,
    ...reader,
    writeTogether: (statements) => thread.runTogether(statements),
    files: filesOf(writer),
    close: async () => {
      await reader.close()
      await thread.close()
    },
  }
}

/**
 * Opens a database that another process may be writing, only to read it; nothing in its folder changes.
 * @throws StorageError when there is none, or it cannot be read
 */
export function openSqliteReader(path: string): OpenReader {
  try {
    const reading = openToRead(path, busyTimeoutMs)
    return { reader: kyselyOn(reading), meaningOf, close: () => Promise.resolve(reading.close()) }
  } catch (error) {
    throw new StorageError(meaningOf(error), { cause: error })
  }
}

/**
 * Deleting overwrites rows where they are (`secure_delete`), but not the copies that were left between the rows of a page
 * when it was split; those go when every page is written anew. Older pages in the log go with the log.
 */
function filesOf(writer: Kysely<Schema>): DatabaseFiles {
  return {
    rewrite: async () => void (await sql`vacuum`.execute(writer)),
    dropLog: async () => {
      const { rows } = await sql<{ readonly busy: number }>`pragma wal_checkpoint(truncate)`.execute(writer)
      return rows[0]?.busy === 0 ? 'done' : 'busy'
    },
  }
}

function openReaderBeside(path: string, onFailure: () => void): Omit<Database, 'writer' | 'files'> {
  try {
    const reading = new DatabaseSync(path, { readOnly: true, timeout: busyTimeoutMs })
    const close = (): Promise<void> => Promise.resolve(reading.close())
    return { reader: kyselyOn(reading), owner: randomInt(1, 2 ** 31), isSettled: true, meaningOf, close }
  } catch (error) {
    onFailure()
    throw new StorageError(meaningOf(error), { cause: error })
  }
}

function kyselyOn(database: DatabaseSync): Kysely<Schema> {
  return new Kysely<Schema>({ dialect: new Dialect({ database: adapted(database) }) })
}

/** The part of a database that Kysely asks for, on node:sqlite. */
function adapted(database: DatabaseSync): SqliteDatabase {
  const prepare = statementsOf(database)
  return { close: () => database.close(), prepare }
}
