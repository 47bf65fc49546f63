import type { Kysely } from 'kysely'
import { Migrator, type Migration } from 'kysely/migration'
import { calls } from './migrations/0001-calls.ts'
import { messages } from './migrations/0002-messages.ts'
import type { Schema } from './schema.ts'
import { StorageError } from './storage-error.ts'

/** Every step from an empty database to the present one, applied in the order of their names. */
const migrations: Readonly<Record<string, Migration>> = {
  '0001-calls': calls,
  '0002-messages': messages,
}

/** The names of all steps, as the database keeps those that were applied to it. */
export const migrationNames: readonly string[] = Object.keys(migrations)

/**
 * Brings a database up to date, all steps or none.
 * @throws StorageError `failed` when a step fails or a newer version of the program has written the database
 */
export async function migrate(db: Kysely<Schema>): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve(migrations) } })
  const { error } = await migrator.migrateToLatest()
  if (error === undefined) return
  throw new StorageError('failed', {
    cause: error,
    detail: 'its tables cannot be brought up to date, or a newer version has written it',
  })
}
