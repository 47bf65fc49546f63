import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { checkDatabase, judgeDatabase } from '../../src/storage/check-database.ts'
import { openDataDirectory } from '../../src/storage/data-directory.ts'
import { examineDatabase } from '../../src/storage/examine-database.ts'
import { migrate, migrationNames } from '../../src/storage/migrate.ts'
import { openSqlite } from '../../src/storage/sqlite.ts'
import { temporaryHome } from '../support/server-process.ts'

/** A folder as the server leaves it when it has ended. */
async function atRest(path: string): Promise<void> {
  using directory = openDataDirectory(path)
  const opened = openSqlite(directory.databasePath)
  await migrate(opened.writer)
  await opened.close()
}

const files = (path: string) => readdirSync(path).toSorted()

describe('examineDatabase()', () => {
  it('reads a database at rest and leaves the folder as it was', async () => {
    using home = temporaryHome()
    await atRest(home.path)
    const before = files(home.path)
    expect(examineDatabase(home.path)).toMatchObject({
      kind: 'whole',
      isHeld: false,
      applied: migrationNames,
    })
    expect(files(home.path)).toEqual(before)
  })

  it('reads one that a server has open, and says so', async () => {
    using home = temporaryHome()
    await atRest(home.path)
    using directory = openDataDirectory(home.path)
    const opened = openSqlite(directory.databasePath)
    expect(examineDatabase(home.path)).toMatchObject({ kind: 'whole', isHeld: true, applied: migrationNames })
    await opened.close()
  })

  it('reads what a server that was killed has left in its journal', async () => {
    using home = temporaryHome()
    const [killed, copy] = ['killed', 'copy'].map((name) => join(home.path, name))
    mkdirSync(killed ?? '')
    await atRest(killed ?? '')
    const writer = new DatabaseSync(join(killed ?? '', 'consigliere.db'))
    writer.exec("insert into kysely_migration (name, timestamp) values ('9999-x', 'now')")
    // A copy of the files as they lie is what a sudden end leaves.
    cpSync(killed ?? '', copy ?? '', { recursive: true })
    writer.close()
    expect(files(copy ?? '')).toContain('consigliere.db-wal')
    expect(examineDatabase(copy ?? '')).toMatchObject({ applied: [...migrationNames, '9999-x'] })
  })

  it('finds nothing, damage, and what cannot be opened', () => {
    using home = temporaryHome()
    const path = join(home.path, 'consigliere.db')
    expect(examineDatabase(home.path)).toEqual({ kind: 'none' })
    writeFileSync(path, 'no database '.repeat(1_000))
    expect(examineDatabase(home.path)).toEqual({ kind: 'damaged' })
    const folder = join(home.path, 'other')
    mkdirSync(join(folder, 'consigliere.db'), { recursive: true })
    expect(examineDatabase(folder)).toEqual({
      kind: 'unreadable',
      code: expect.stringMatching(/^SQLite \d+$/) as unknown,
    })
  })

  it('sees a page that was written over', async () => {
    using home = temporaryHome()
    await atRest(home.path)
    const path = join(home.path, 'consigliere.db')
    const database = new DatabaseSync(path)
    const [size] = database.prepare('pragma page_size').all()
    database.close()
    const pageBytes = Number(size?.['page_size'])
    const bytes = readFileSync(path)
    bytes.fill(0xa5, pageBytes, 2 * pageBytes)
    writeFileSync(path, bytes)
    expect(examineDatabase(home.path)).toEqual({ kind: 'damaged' })
  })
})

describe('checkDatabase()', () => {
  it('has the database examined by a process of its own', async () => {
    using home = temporaryHome()
    await atRest(home.path)
    const [finding] = await checkDatabase({ dataDir: home.path, deadlineMs: 10_000 })
    expect(finding).toMatchObject({ kind: 'fine' })
    expect(finding?.says).toMatch(/^whole and up to date, \d+ KiB, no server has it open$/)
  })

  it('gives up on one that takes too long', async () => {
    using home = temporaryHome()
    expect(await checkDatabase({ dataDir: home.path, deadlineMs: 1 })).toMatchObject([{ kind: 'skipped' }])
  })
})

describe('judgeDatabase()', () => {
  const whole = { kind: 'whole', isHeld: false, bytes: 4096 } as const

  it.each([
    [{ ...whole, applied: ['a', 'b'] }, 'fine', /up to date,/],
    [{ ...whole, applied: ['a'] }, 'fine', /will be brought up to date/],
    [{ ...whole, applied: [] }, 'fine', /will be brought up to date/],
    [{ ...whole, applied: ['a', 'b', 'c'] }, 'broken', /newer version: it has c/],
    [{ kind: 'none' }, 'fine', /there is none yet/],
  ] as const)('judges %j as %s', (found, kind, says) => {
    const finding = judgeDatabase(found, ['a', 'b'])
    expect(finding.kind).toBe(kind)
    expect(finding.says).toMatch(says)
  })
})
