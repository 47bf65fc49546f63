import type { CompiledQuery, Kysely } from 'kysely'
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
  /** Runs statements as one transaction by a shorter way than the writer's, where there is one. */
  readonly writeTogether?: (statements: readonly CompiledQuery[]) => Promise<void>
  /** The number of this process among all that ever used the database. */
  readonly owner: number
  /** Whether every process that lives can be seen by now: not when the database itself has just come up. */
  readonly isSettled: boolean
  /** What an error of the driver means for whoever asked. */
  meaningOf(error: unknown): StorageErrorCode
  /** The files, where they are ours: those of a server are written over in its own time. */
  readonly files: DatabaseFiles | undefined
  /** Brings everything into its resting place and closes both connections. */
  close(): Promise<void>
}

/** A database that is open only to be read. */
export type OpenReader = Pick<Database, 'reader' | 'meaningOf' | 'close'>
