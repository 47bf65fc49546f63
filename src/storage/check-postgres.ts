import { sql } from 'kysely'
import type { Clock } from '../lib/clock.ts'
import { inTime } from '../lib/in-time.ts'
import type { Finding } from '../ports/check.ts'
import { judgeVersion } from './check-database.ts'
import { migrationNames } from './migrate.ts'
import { openingFailure } from './postgres-failure.ts'
import { openPostgresReader } from './postgres.ts'
import { StorageError } from './storage-error.ts'

/** Whether the database on PostgreSQL answers and is of a version that this program knows. Changes nothing in it. */
export async function checkPostgres(options: {
  readonly databaseUrl: string
  readonly clock: Clock
  readonly deadlineMs: number
}): Promise<readonly Finding[]> {
  const { databaseUrl, clock, deadlineMs } = options
  const outcome = await inTime(found(databaseUrl), { clock, delayMs: deadlineMs })
  if (outcome.kind === 'done') return [outcome.value]
  return [unreachable(`gave no answer within ${Math.round(deadlineMs / 1_000)} s`)]
}

async function found(databaseUrl: string): Promise<Finding> {
  try {
    await using opened = new AsyncDisposableStack()
    const database = await openPostgresReader(databaseUrl)
    opened.defer(() => database.close())
    const applied = await database.reader.transaction().execute(async (db) => {
      const { rows } = await sql<{
        readonly name: string | null
      }>`select to_regclass('kysely_migration')::text as name`.execute(db)
      if (typeof rows[0]?.name !== 'string') return []
      return (await sql<{ readonly name: string }>`select name from kysely_migration`.execute(db)).rows
    })
    const names = applied.map(({ name }) => name)
    return judgeVersion(names, { known: migrationNames, means: 'answers' })
  } catch (error) {
    // Of an error of the driver only its code is told.
    if (error instanceof StorageError) return unreachable(openingFailure(error.cause))
    throw error
  }
}

function unreachable(says: string): Finding {
  const does = 'Start PostgreSQL, let its user connect from this machine, and correct DATABASE_URL'
  return { kind: 'broken', says, fix: { name: 'reachDatabase', does } }
}
