import { randomBytes } from 'node:crypto'
import { closeSync, openSync, readdirSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { openSqlite } from '../../src/storage/sqlite.ts'
import { ringingCall, turnOf } from './records.ts'
import { opened, temporaryFolder } from './opening.ts'

function modeOf(path: string): string {
  return (statSync(path).mode & 0o777).toString(8)
}

/** A closed database of some pages. */
async function writtenFolder(dataDir: string): Promise<string> {
  await using storage = await opened(dataDir)
  const call = ringingCall()
  const turns = Array.from({ length: 200 }, (_, seq) =>
    storage.putTurn(turnOf(call.callSid, seq, 'x'.repeat(200))),
  )
  await Promise.all([storage.insertCall(call), ...turns])
  return call.callSid
}

describe('openStorage()', () => {
  it('creates the folder and its files for their owner only', async () => {
    using folder = temporaryFolder()
    const dataDir = join(folder.path, 'a', 'data')
    await using storage = await opened(dataDir)
    await storage.insertCall(ringingCall())
    const files = ['consigliere.db', 'consigliere.db-wal', 'consigliere.db-shm', 'lock.db']
    expect(modeOf(dataDir)).toBe('700')
    expect(files.map((file) => modeOf(join(dataDir, file)))).toEqual(['600', '600', '600', '600'])
  })

  it('finds everything again, and brings nothing up to date twice', async () => {
    using folder = temporaryFolder()
    const callSid = await writtenFolder(folder.path)
    await using storage = await opened(folder.path)
    expect((await storage.completeCall(callSid))?.turns).toHaveLength(200)
  })

  it('leaves no log file behind when it was disposed of', async () => {
    using folder = temporaryFolder()
    await writtenFolder(folder.path)
    expect(readdirSync(folder.path).toSorted()).toEqual(['consigliere.db', 'lock.db', 'person.key'])
  })

  it('writes ahead to a log, and each commit through to the disk', async () => {
    using folder = temporaryFolder()
    const database = openSqlite(join(folder.path, 'x.db'))
    const pragmas = await Promise.all([
      sql`pragma journal_mode`.execute(database.writer),
      sql`pragma synchronous`.execute(database.writer),
    ])
    expect(pragmas.map(({ rows }) => rows)).toEqual([[{ journal_mode: 'wal' }], [{ synchronous: 2 }]])
    await expect(sql`create table t (x)`.execute(database.reader)).rejects.toThrow('readonly')
    await database.close()
  })

  it('refuses a folder that is in use, and takes it when it is free again', async () => {
    using folder = temporaryFolder()
    const first = await opened(folder.path)
    await expect(opened(folder.path)).rejects.toMatchObject({
      code: 'locked',
      message: 'Cannot open storage: another process uses this data directory',
    })
    await first[Symbol.asyncDispose]()
    await using second = await opened(folder.path)
    expect(await second.closeOrphans(0)).toEqual([])
  })

  it('refuses a database with a damaged page, one that is none, and frees the folder again', async () => {
    using folder = temporaryFolder()
    await writtenFolder(folder.path)
    const path = join(folder.path, 'consigliere.db')
    const descriptor = openSync(path, 'r+')
    for (let page = 4; page < 12; page += 1) writeSync(descriptor, randomBytes(2000), 0, 2000, page * 4096)
    closeSync(descriptor)
    await expect(opened(folder.path)).rejects.toMatchObject({ name: 'StorageError', code: 'corrupt' })
    writeFileSync(
      path,
      'This is no database, but it is long enough to be taken for one at first sight. '.repeat(50),
    )
    await expect(opened(folder.path)).rejects.toMatchObject({ name: 'StorageError', code: 'corrupt' })
  })

  it('refuses a database that a newer version has written', async () => {
    using folder = temporaryFolder()
    await writtenFolder(folder.path)
    using database = new DatabaseSync(join(folder.path, 'consigliere.db'))
    database.exec(
      "insert into kysely_migration (name, timestamp) values ('9999-later', '2030-01-01T00:00:00Z')",
    )
    await expect(opened(folder.path)).rejects.toMatchObject({ name: 'StorageError', code: 'failed' })
  })

  it('undoes a step that fails halfway', async () => {
    using folder = temporaryFolder()
    using database = new DatabaseSync(join(folder.path, 'consigliere.db'))
    // The last table of the first step is in the way, so that the tables before it were created already.
    database.exec('create table nonces (x integer)')
    await expect(opened(folder.path)).rejects.toMatchObject({ code: 'failed' })
    const tables = database.prepare("select name from sqlite_schema where type = 'table'").all()
    expect(tables.map((table) => table['name'])).not.toContain('calls')
  })
})
