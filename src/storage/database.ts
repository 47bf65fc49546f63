import type { Kysely } from 'kysely'
import type { Schema } from './schema.ts'
import type { StorageErrorCode } from './storage-error.ts'

/** An open database, whatever its make: one connection writes, another only reads. */
export type Database = {
  readonly writer: Kysely<Schema>
  readonly reader: Kysely<Schema>
  /** The number of this process among all that ever used the database. */
  readonly owner: number
  /** What an error of the driver means for whoever asked. */
  meaningOf(error: unknown): StorageErrorCode
  /**
   * Sees to it that nothing of removed rows is left in any file. `busy`: somebody who reads stands in the way;
   * `notOurs`: the files are those of a server, which writes over them in its own time.
   */
  scrub(): Promise<'done' | 'busy' | 'notOurs'>
  /** Brings everything into its resting place and closes both connections. */
  close(): Promise<void>
}
