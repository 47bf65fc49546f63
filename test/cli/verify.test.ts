import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, describe, expect, it } from 'vitest'
import type { AuditHead } from '../../src/ports/audit.ts'
import type { Records } from '../../src/storage/open-storage.ts'
import { pageOf } from '../storage/audit-page.ts'
import { openedRecords } from '../storage/opening.ts'
import { postgresServer, query } from '../storage/postgres-server.ts'
import { type Outcome, startScript, temporaryHome } from '../support/server-process.ts'

const server = await postgresServer()
afterAll(() => server[Symbol.asyncDispose]())

function verify(home: string, env: Readonly<Record<string, string>>, ...args: string[]): Promise<Outcome> {
  return startScript({ script: 'cli/verify.ts', home, env, args }).outcome
}

async function recordSome({ audit }: Records): Promise<readonly AuditHead[]> {
  return await Promise.all(Array.from({ length: 9 }, () => audit.record({ kind: 'auth' })))
}

describe.concurrent('npm run verify', { timeout: 30_000 }, () => {
  it('walks the log beside the server that writes it, and when it is at rest', async () => {
    using home = temporaryHome()
    const env = { DATA_DIR: home.path }
    {
      await using records = await openedRecords(home.path)
      const heads = await recordSome(records)
      const { code, stdout, stderr } = await verify(home.path, env)
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(stdout).toBe(
        `Audit log whole: records 1 to 9\nIts end, to be noted: 9:${heads.at(-1)?.hash ?? 'none'}\n`,
      )
      expect(await verify(home.path, env, '--noted', `4:${heads[3]?.hash}`)).toMatchObject({ code: 0 })
      expect(await verify(home.path, env, '--noted', `4:${heads[4]?.hash}`)).toMatchObject({
        code: 1,
        stderr: 'Audit log written anew: record 4 is not the one that was noted\n',
      })
    }
    expect(await verify(home.path, env)).toMatchObject({ code: 0 })
  })

  it('names the record that was changed', async () => {
    using home = temporaryHome()
    await using records = await openedRecords(home.path)
    await recordSome(records)
    using database = new DatabaseSync(join(home.path, 'consigliere.db'))
    database.exec(`drop trigger audit_update; update audit set kind = 'stop' where seq = 7`)
    expect(await verify(home.path, { DATA_DIR: home.path })).toMatchObject({
      code: 1,
      stdout: '',
      stderr: 'Audit log broken: record 7 was changed\n',
    })
  })

  it('says of a damaged file how far it reads, and of what cannot be read now that it cannot', async () => {
    using home = temporaryHome()
    const env = { DATA_DIR: home.path }
    {
      await using records = await openedRecords(home.path)
      await recordSome(records)
    }
    const file = join(home.path, 'consigliere.db')
    const { at, bytes } = pageOf(home.path, 'audit')
    const whole = readFileSync(file)
    const broken = 'Audit log broken: '
    writeFileSync(file, Buffer.from(whole).fill(0xa5, at, at + bytes))
    expect(await verify(home.path, env)).toMatchObject({ code: 1, stderr: `${broken}record 1 was changed\n` })
    const calls = pageOf(home.path, 'calls')
    writeFileSync(file, Buffer.from(whole).fill(0xa5, calls.at, calls.at + bytes))
    expect(await verify(home.path, env)).toMatchObject({
      code: 1,
      stderr: `${broken}the database is damaged, the records up to 9 read as they were written. Restore a backup\n`,
    })
    writeFileSync(file, 'no database '.repeat(1_000))
    expect(await verify(home.path, env)).toMatchObject({
      code: 1,
      stderr: `${broken}the database is damaged, no record can be read. Restore a backup\n`,
    })
    const databaseUrl = 'postgres://nobody@127.0.0.1:1/none'
    expect(await verify(home.path, { ...env, DATABASE_URL: databaseUrl })).toMatchObject({
      code: 69,
      stderr:
        'Audit log not verified. Cannot use storage: the database failed ' +
        '(the database server of DATABASE_URL cannot be used: ECONNREFUSED)\n',
    })
  })

  it('says that there is nothing, and leaves nothing behind', async () => {
    using home = temporaryHome()
    mkdirSync(join(home.path, 'data'))
    expect(await verify(home.path, {})).toMatchObject({
      code: 66,
      stderr: expect.stringMatching(/^There is no audit log/) as unknown,
    })
    expect(await verify(home.path, { DATA_DIR: join(home.path, 'nowhere') })).toMatchObject({ code: 66 })
    const old = join(home.path, 'old')
    mkdirSync(old)
    new DatabaseSync(join(old, 'consigliere.db')).close()
    expect(await verify(home.path, { DATA_DIR: old })).toMatchObject({ code: 66 })
    expect(await verify(home.path, { PORT: 'x' })).toMatchObject({ code: 78 })
    expect(await verify(home.path, {}, '--noted', '4:abc')).toMatchObject({ code: 64 })
  })

  it('walks a log on PostgreSQL', async (context) => {
    server.orSkip(context)
    using home = temporaryHome()
    const databaseUrl = await server.newSchema()
    const env = { DATABASE_URL: databaseUrl, DATA_DIR: home.path }
    await using records = await openedRecords(home.path, { databaseUrl })
    await recordSome(records)
    expect(await verify(home.path, env)).toMatchObject({ code: 0, stderr: '' })
    await query(databaseUrl, 'alter table audit disable trigger user; delete from audit where seq = 3')
    expect(await verify(home.path, env)).toMatchObject({
      code: 1,
      stderr: 'Audit log broken: record 3 is missing\n',
    })
  })
})
