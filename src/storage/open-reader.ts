import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { OpenReader } from './database.ts'
import { type Reading, readingOf } from './reading.ts'
import { openSqliteReader } from './sqlite.ts'

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
  return opened && { read: readingOf(opened), [Symbol.asyncDispose]: () => opened.close() }
}

async function openedReader({ dataDir, databaseUrl }: RecordsPlace): Promise<OpenReader | undefined> {
  if (databaseUrl !== undefined) {
    const { openPostgresReader } = await import('./postgres.ts')
    return await openPostgresReader(databaseUrl)
  }
  const path = join(dataDir, 'consigliere.db')
  return existsSync(path) ? openSqliteReader(path) : undefined
}
