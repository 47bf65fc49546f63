import { closeSync, copyFileSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { backup } from 'node:sqlite'
import { openToRead } from './open-to-read.ts'
import { personKeyFile } from './person-key.ts'
import { readingOf } from './reading.ts'
import { openSqliteReader } from './sqlite.ts'
import { StorageError } from './storage-error.ts'
import { verifyAudit } from './verify-audit.ts'

/** More pages than any database has: all in one step, while a server goes on writing to its log. */
const allPages = 1_000_000_000

/** What a backup holds, and where its key is. */
export type Backup = { readonly keyFile: string; readonly lastSeq: number }

/**
 * Copies the database of a data folder to a new file, beside the server that writes it, and its key to another one. What
 * was stored when the copying began is in it. The file has its name only when it is whole and its audit chain verifies.
 * @throws StorageError `corrupt` when the copy is not whole, the file system's error when the file is there already
 */
export async function backupDatabase(dataDir: string, file: string): Promise<Backup> {
  const keyFile = `${file}.key`
  const draft = `${file}.part`
  const made: string[] = []
  try {
    for (const path of [file, keyFile, draft]) {
      createNew(path)
      made.push(path)
    }
    await copyPages(join(dataDir, 'consigliere.db'), draft)
    const lastSeq = await examined(draft)
    copyFileSync(join(dataDir, personKeyFile), keyFile)
    sync(draft)
    renameSync(draft, file)
    return { keyFile, lastSeq }
  } catch (error) {
    for (const path of made) rmSync(path, { force: true })
    throw error
  } finally {
    for (const left of [`${draft}-wal`, `${draft}-shm`]) rmSync(left, { force: true })
  }
}

/** Whether a data folder holds a database to be copied. */
export function hasDatabase(dataDir: string): boolean {
  return existsSync(join(dataDir, 'consigliere.db'))
}

async function copyPages(from: string, to: string): Promise<void> {
  using source = openToRead(from, 1000)
  // One view of the database for as long as it takes: without it each write of the server would start the copy anew.
  source.exec('begin')
  source.prepare('select count(*) from sqlite_schema').all()
  await backup(source, to, { rate: allPages })
  source.exec('commit')
}

/** Reads the whole copy; answers the end of its audit log. */
async function examined(path: string): Promise<number> {
  using file = openToRead(path)
  const [row] = file.prepare('pragma quick_check(1)').all()
  if (row?.['quick_check'] !== 'ok') throw new StorageError('corrupt', { detail: 'the copy is not whole' })
  await using opened = new AsyncDisposableStack()
  const database = openSqliteReader(path)
  opened.defer(() => database.close())
  const verdict = await verifyAudit(readingOf(database))
  if (verdict.ok) return verdict.head.seq
  throw new StorageError('corrupt', { detail: `audit record ${verdict.seq} is ${verdict.reason}` })
}

/** For its owner only, and never over another file. */
function createNew(path: string): void {
  closeSync(openSync(path, 'wx', 0o600))
}

function sync(path: string): void {
  const descriptor = openSync(path, 'r+')
  fsyncSync(descriptor)
  closeSync(descriptor)
}
