import type { Kysely } from 'kysely'
import type { Database } from './database.ts'
import type { Schema } from './schema.ts'
import { StorageError } from './storage-error.ts'

/**
 * Makes one read; each sees one state of the database.
 * @throws StorageError (as a rejection)
 */
export type Reading = <T>(query: (db: Kysely<Schema>) => Promise<T>) => Promise<T>

/** Reads of an open database. */
export function readingOf({ reader, meaningOf }: Pick<Database, 'reader' | 'meaningOf'>): Reading {
  return async (query) => {
    try {
      return await reader.transaction().execute(query)
    } catch (error) {
      throw error instanceof StorageError ? error : new StorageError(meaningOf(error), { cause: error })
    }
  }
}
