import type { Clock } from '../lib/clock.ts'
import type { Log } from '../ports/log.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { CallStorage } from '../ports/storage.ts'
import { DatabaseCallStorage } from './call-storage.ts'
import type { Database } from './database.ts'
import { openDataDirectory } from './data-directory.ts'
import { migrate } from './migrate.ts'
import { openSqlite, openSqliteThread } from './sqlite.ts'
import { Store } from './store.ts'
import { WriteQueue } from './write-queue.ts'

/** Where storage is and what bounds it. */
export type StorageOptions = {
  readonly dataDir: string
  /** Where PostgreSQL is; without it the database is SQLite's, in the folder. Holds a password: never to be logged. */
  readonly databaseUrl?: string | undefined
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  /** The longest time a batched write waits before its transaction starts. */
  readonly batchMs: number
  /** Writes that may wait; a further one is refused with `full`. */
  readonly maxQueuedWrites: number
  /** Whether commits happen in a thread of their own; on the event loop where nothing may happen outside of it. */
  readonly commits: 'thread' | 'loop'
}

/**
 * Opens the record of calls: on SQLite in a folder that no other process uses, or on PostgreSQL, which several may.
 * Disposing of it finishes all writes, closes the database and gives the folder free.
 * @throws StorageError `locked`, `corrupt` or `failed`
 */
export async function openStorage(options: StorageOptions): Promise<CallStorage> {
  const { databaseUrl, clock, log, metrics, batchMs, maxQueuedWrites } = options
  const startedMs = clock.nowMs()
  await using opening = new AsyncDisposableStack()
  const opened =
    databaseUrl === undefined ? await openFolder(options, opening) : await openServer(databaseUrl)
  opening.defer(() => opened.close())
  await migrate(opened.writer)
  const name = databaseUrl === undefined ? 'sqlite' : 'postgres'
  log.event('info', 'storageOpened', { durationMs: clock.nowMs() - startedMs, name })
  const held = opening.move()
  const database = { ...opened, close: () => held.disposeAsync() }
  const writes = new WriteQueue({ database, clock, metrics, batchMs, maxQueuedWrites })
  return new DatabaseCallStorage(new Store(database, writes))
}

async function openFolder(options: StorageOptions, opening: AsyncDisposableStack): Promise<Database> {
  const { databasePath } = opening.use(openDataDirectory(options.dataDir))
  return options.commits === 'thread' ? await openSqliteThread(databasePath) : openSqlite(databasePath)
}

/** The driver is loaded only where it is used. */
async function openServer(databaseUrl: string): Promise<Database> {
  const { openPostgres } = await import('./postgres.ts')
  return await openPostgres(databaseUrl)
}
