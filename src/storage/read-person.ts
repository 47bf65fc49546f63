import type { PersonExport } from '../ports/upkeep.ts'
import { checkUsable } from './check-usable.ts'
import { exportPerson } from './export-person.ts'
import { openReader, type RecordsPlace } from './open-reader.ts'
import { readPersonKey } from './person-key.ts'

/**
 * Reads everything that is kept of whoever has a number, also beside a running server. Changes nothing.
 * @returns undefined when there is no database
 * @throws StorageError when it cannot be read, or a server would not run on it
 */
export async function readPerson(
  options: RecordsPlace & { readonly number: string; readonly nowMs: number },
): Promise<PersonExport | undefined> {
  const { number, nowMs } = options
  await using database = await openReader(options)
  if (!database) return undefined
  const keyed = readPersonKey(options.dataDir)
  await checkUsable(database.read, keyed)
  return await database.read((db) => exportPerson(db, { number, keyed, nowMs }))
}
