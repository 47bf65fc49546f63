import { createHmac, randomBytes } from 'node:crypto'
import { existsSync, linkSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { StorageError } from './storage-error.ts'

/** Hashes texts so that only this installation can tell what was hashed. Answers 64 hexadecimal digits. */
export type Keyed = (text: string) => string

/** The key's file in the data folder. A backup needs it as much as the database. */
export const personKeyFile = 'person.key'
const keyBytes = 32

/**
 * Reads the key of a data folder, and makes it where there is none yet.
 * @throws StorageError `wrongKey` when the file is no key or others may read it
 */
export function openPersonKey(dataDir: string): Keyed {
  createKey(join(dataDir, personKeyFile))
  return readPersonKey(dataDir)
}

/**
 * Reads the key of a data folder, for whoever only reads there: a new key would answer wrongly, and be in the way of the
 * right one.
 * @throws StorageError `wrongKey` when there is none, the file is no key, or others may read it
 */
export function readPersonKey(dataDir: string): Keyed {
  const path = join(dataDir, personKeyFile)
  if (!existsSync(path)) throw new StorageError('wrongKey', { detail: 'it is not there' })
  const text = readFileSync(path, 'utf8')
  if (process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0) {
    throw new StorageError('wrongKey', { detail: 'others can read it: run chmod 600 on it' })
  }
  if (!/^[0-9a-f]{64}\n$/.test(text)) throw new StorageError('wrongKey', { detail: 'it is damaged' })
  const key = Buffer.from(text.trim(), 'hex')
  return (plain) => createHmac('sha256', key).update(plain).digest('hex')
}

/** The whole key appears at once under its name, also when several processes are the first at the same time. */
function createKey(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })) return
  const draft = `${path}.${randomBytes(6).toString('hex')}`
  writeFileSync(draft, `${randomBytes(keyBytes).toString('hex')}\n`, { mode: 0o600, flush: true })
  try {
    linkSync(draft, path)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  } finally {
    rmSync(draft)
  }
}
