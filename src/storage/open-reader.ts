import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { ReadOnlyDatabase } from './database.ts'
import { openSqliteReader } from './sqlite.ts'
import { StorageError } from './storage-error.ts'
import type { Reading } from './verify-audit.ts'

/** Where records are: in a folder, or on PostgreSQL. */
export type RecordsPlace = { readonly dataDir: string; readonly databaseUrl: string | undefined }

/**
 * Opens the database of a folder, or the one on PostgreSQL, only to read it, also beside the server that writes it.
 * @returns undefined when there is none; `read` rejects with StorageError
 * @throws StorageError (as a rejection) when it cannot be opened
 */
export async function openReader(
  place: RecordsPlace,
): Promise<({ readonly read: Reading } & AsyncDisposable) | undefined> {
  const opened = await openedReader(place)
  if (!opened) return undefined
  const { reader, meaningOf } = opened
  return {
    read: async (query) => {
      try {
        return await reader.transaction().execute(query)
      } catch (error) {
        throw error instanceof StorageError ? error : new StorageError(meaningOf(error), { cause: error })
      }
    },
    [Symbol.asyncDispose]: () => opened.close(),
  }
}

async function openedReader({ dataDir, databaseUrl }: RecordsPlace): Promise<ReadOnlyDatabase | undefined> {
  if (databaseUrl !== undefined) {
    const { openPostgresReader } = await import('./postgres.ts')
    return await openPostgresReader(databaseUrl)
  }
  const path = join(dataDir, 'consigliere.db')
  return existsSync(path) ? openSqliteReader(path) : undefined
}
