import type { PersonExport } from '../ports/upkeep.ts'
import { exportPerson } from './export-person.ts'
import { openReader, type RecordsPlace } from './open-reader.ts'
import { openPersonKey } from './person-key.ts'
import { readingOf } from './reading.ts'

/**
 * Reads everything that is kept of whoever has a number, also beside a running server.
 * @returns undefined when there is no database
 * @throws StorageError when it cannot be read
 */
export async function readPerson(
  options: RecordsPlace & { readonly number: string; readonly nowMs: number },
): Promise<PersonExport | undefined> {
  const { number, nowMs } = options
  await using database = await openReader(options)
  if (!database) return undefined
  const keyed = openPersonKey(options.dataDir)
  return await readingOf(database)((db) => exportPerson(db, { number, keyed, nowMs }))
}
