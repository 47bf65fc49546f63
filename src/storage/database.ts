import type { Kysely } from 'kysely'
import type { Schema } from './schema.ts'
import type { StorageErrorCode } from './storage-error.ts'

/** What frees the files of a database from what rows have left in them that are no more. */
export type DatabaseFiles = {
  /** Writes every page anew, with nothing but rows in it. Takes about 5 ms a MB, in which nothing else is written. */
  rewrite(): Promise<void>
  /** Moves the log into the database and empties it; `busy`: somebody reads what is in it. */
  dropLog(): Promise<'done' | 'busy'>
}

/** An open database, whatever its make: one connection writes, another only reads. */
export type Database = {
  readonly writer: Kysely<Schema>
  readonly reader: Kysely<Schema>
  /** The number of this process among all that ever used the database. */
  readonly owner: number
  /** What an error of the driver means for whoever asked. */
  meaningOf(error: unknown): StorageErrorCode
  /** The files, where they are ours: those of a server are written over in its own time. */
  readonly files: DatabaseFiles | undefined
  /** Brings everything into its resting place and closes both connections. */
  close(): Promise<void>
}

/** An open database that is only read. */
export type ReadOnlyDatabase = Pick<Database, 'reader' | 'meaningOf' | 'close'>
