import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { meaningOf } from './sqlite-failure.ts'

/**
 * Opens a database file only to read it, beside the server that writes it or at rest, and changes nothing in its folder:
 * opening for reading, too, would leave a journal's files behind where there are none, so a database at rest is read as
 * one that nobody changes.
 * @throws the error of node:sqlite
 */
export function openToRead(path: string, timeoutMs = 0): DatabaseSync {
  if (isHeld(dirname(path)) || existsSync(`${path}-wal`)) {
    return new DatabaseSync(path, { readOnly: true, timeout: timeoutMs })
  }
  const url = pathToFileURL(path)
  url.searchParams.set('immutable', '1')
  return new DatabaseSync(url, { readOnly: true })
}

/**
 * Whether a server has a folder: it holds its lock exclusively, so that not even reading is possible; see
 * data-directory.ts.
 */
export function isHeld(dataDir: string): boolean {
  const lockPath = join(dataDir, 'lock.db')
  if (!existsSync(lockPath)) return false
  using lock = new DatabaseSync(lockPath, { readOnly: true, timeout: 0 })
  try {
    lock.prepare('select count(*) from sqlite_master').all()
    return false
  } catch (error) {
    if (meaningOf(error) === 'busy') return true
    throw error
  }
}
