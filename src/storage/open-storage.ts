import type { Clock } from '../lib/clock.ts'
import type { Log } from '../ports/log.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { CallStorage } from '../ports/storage.ts'
import { DatabaseCallStorage } from './call-storage.ts'
import { openDataDirectory } from './data-directory.ts'
import { migrate } from './migrate.ts'
import { openSqlite, openSqliteThread } from './sqlite.ts'
import { WriteQueue } from './write-queue.ts'

/** Where storage is and what bounds it. */
export type StorageOptions = {
  readonly dataDir: string
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
 * Opens the record of calls on SQLite in a folder that no other process uses. Disposing of it finishes all writes,
 * closes the database and gives the folder free.
 * @throws StorageError `locked`, `corrupt` or `failed`
 */
export async function openStorage(options: StorageOptions): Promise<CallStorage> {
  const { dataDir, clock, log, metrics, batchMs, maxQueuedWrites, commits } = options
  const startedMs = clock.nowMs()
  await using opening = new AsyncDisposableStack()
  const directory = opening.use(openDataDirectory(dataDir))
  const { databasePath } = directory
  const opened = commits === 'thread' ? await openSqliteThread(databasePath) : openSqlite(databasePath)
  opening.defer(() => opened.close())
  await migrate(opened.writer)
  log.event('info', 'storageOpened', { durationMs: clock.nowMs() - startedMs })
  const held = opening.move()
  const database = { ...opened, close: () => held.disposeAsync() }
  return new DatabaseCallStorage(
    database,
    new WriteQueue({ database, clock, metrics, batchMs, maxQueuedWrites }),
  )
}
