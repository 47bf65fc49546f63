import { sql, type Kysely } from 'kysely'
import { Migrator, type Migration } from 'kysely/migration'
import { dialectOf } from './dialect-of.ts'
import { calls } from './migrations/0001-calls.ts'
import { messages } from './migrations/0002-messages.ts'
import { processes } from './migrations/0003-processes.ts'
import { audit } from './migrations/0004-audit.ts'
import { people } from './migrations/0005-people.ts'
import { proposals } from './migrations/0006-proposals.ts'
import { confirmations } from './migrations/0007-confirmations.ts'
import { intents } from './migrations/0008-intents.ts'
import { outcomes } from './migrations/0009-outcomes.ts'
import { contacts } from './migrations/0010-contacts.ts'
import { events } from './migrations/0011-events.ts'
import { optOuts } from './migrations/0012-opt-outs.ts'
import { consents } from './migrations/0013-consents.ts'
import { usage } from './migrations/0014-usage.ts'
import { pinTries } from './migrations/0015-pin-tries.ts'
import { upkeep } from './migrations/0016-upkeep.ts'
import { messageWords } from './migrations/0017-message-words.ts'
import { errands } from './migrations/0018-errands.ts'
import { unresolved } from './migrations/0019-unresolved.ts'
import { furtherGuards } from './migrations/0020-audit-guards.ts'
import { intentPlaces } from './migrations/0021-intent-places.ts'
import type { Schema } from './schema.ts'
import { StorageError } from './storage-error.ts'

/** Every step from an empty database to the present one, applied in the order of their names. */
const migrations: Readonly<Record<string, Migration>> = {
  '0001-calls': calls,
  '0002-messages': messages,
  '0003-processes': processes,
  '0004-audit': audit,
  '0005-people': people,
  '0006-proposals': proposals,
  '0007-confirmations': confirmations,
  '0008-intents': intents,
  '0009-outcomes': outcomes,
  '0010-contacts': contacts,
  '0011-events': events,
  '0012-opt-outs': optOuts,
  '0013-consents': consents,
  '0014-usage': usage,
  '0015-pin-tries': pinTries,
  '0016-upkeep': upkeep,
  '0017-message-words': messageWords,
  '0018-errands': errands,
  '0019-unresolved': unresolved,
  '0020-audit-guards': furtherGuards,
  '0021-intent-places': intentPlaces,
}

/** The names of all steps, as the database keeps those that were applied to it. */
export const migrationNames: readonly string[] = Object.keys(migrations)

/**
 * Brings a database up to date, all steps or none; of several processes that start at once the others wait.
 * @throws StorageError `failed` when a step fails or a newer version of the program has written the database
 */
export async function migrate(db: Kysely<Schema>): Promise<void> {
  const provider = { getMigrations: () => Promise.resolve(migrations) }
  const { error } = await new Migrator({ db, provider, ...(await schemaOf(db)) }).migrateToLatest()
  if (error === undefined) return
  throw new StorageError('failed', {
    cause: error,
    detail: 'its tables cannot be brought up to date, or a newer version has written it',
  })
}

/** On PostgreSQL other schemas may hold tables of the same names, which are not ours. */
async function schemaOf(db: Kysely<Schema>): Promise<{ readonly migrationTableSchema?: string }> {
  if (dialectOf(db) === 'sqlite') return {}
  const { rows } = await sql<{ readonly name: string | null }>`select current_schema() as name`.execute(db)
  const name = rows[0]?.name
  return typeof name === 'string' ? { migrationTableSchema: name } : {}
}
