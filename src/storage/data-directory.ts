import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { isSqliteFailure } from './sqlite-failure.ts'
import { StorageError } from './storage-error.ts'

/** The folder of one server, held against every other one until it is disposed of. */
export type DataDirectory = {
  readonly databasePath: string
  [Symbol.dispose](): void
}

/**
 * Creates the folder where there is none, for its owner only, and takes it for this process. The lock goes when the
 * process goes, however that happens.
 * @throws StorageError `locked` when another process has it
 */
export function openDataDirectory(dataDir: string): DataDirectory {
  createDataDirectory(dataDir)
  const databasePath = join(dataDir, 'consigliere.db')
  const lockPath = join(dataDir, 'lock.db')
  for (const path of [databasePath, lockPath]) createPrivately(path)
  const lock = new DatabaseSync(lockPath, { timeout: 0 })
  try {
    lock.exec('begin exclusive')
  } catch (error) {
    lock.close()
    throw new StorageError(isSqliteFailure(error, 'busy') ? 'locked' : 'failed', { cause: error })
  }
  return { databasePath, [Symbol.dispose]: () => lock.close() }
}

/** Creates the folder where there is none, for its owner only. */
export function createDataDirectory(dataDir: string): void {
  if (mkdirSync(dataDir, { recursive: true, mode: 0o700 }) === undefined) return
  // The mode given to mkdir is cut by the umask and says nothing about what the umask left.
  chmodSync(dataDir, 0o700)
}

/** SQLite gives its -wal and -shm files the permissions of the database, so these two are enough. */
function createPrivately(path: string): void {
  closeSync(openSync(path, 'a', 0o600))
}
