import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { seededRandom } from '../../src/sim/caller/random.ts'
import { verifyStored } from '../../src/storage/verify-stored.ts'
import { auditContract, type AuditPlace } from './audit-contract.ts'
import { openedRecords, temporaryFolder } from './opening.ts'
import { postgresServer, query } from './postgres-server.ts'
import { newCallSid } from './records.ts'

const folder = temporaryFolder()
const server = await postgresServer()
let folders = 0
afterAll(async () => {
  folder[Symbol.dispose]()
  await server[Symbol.asyncDispose]()
})

function newFolder(): string {
  folders += 1
  const path = join(folder.path, String(folders))
  mkdirSync(path)
  return path
}

function runSqlite(path: string, sql: string): readonly Record<string, unknown>[] {
  using database = new DatabaseSync(join(path, 'consigliere.db'), { timeout: 1000 })
  if (sql.startsWith('select')) return database.prepare(sql).all()
  database.exec(sql)
  return []
}

function tamperSqlite(path: string, sql: string): void {
  const guards = runSqlite(path, "select name, sql from sqlite_schema where type = 'trigger'")
  const drops = guards.map(({ name }) => `drop trigger ${String(name)};`).join('')
  runSqlite(path, `${drops} ${sql}; ${guards.map(({ sql: text }) => `${String(text)};`).join('')}`)
}

const sqlitePlace = (): Promise<AuditPlace> => {
  const path = newFolder()
  return Promise.resolve({
    open: () => openedRecords(path),
    run: async (sql) => await Promise.resolve().then(() => runSqlite(path, sql)),
    tamper: async (sql) => await Promise.resolve().then(() => tamperSqlite(path, sql)),
  })
}

auditContract('SQLite', sqlitePlace, {
  refused: [
    'replace into audit select * from audit where seq = 2',
    'update or replace audit set seq = 2 where seq = 3',
    'replace into audit_head select id, 2, hash, removed_to from audit_head',
  ],
  unguarding: [
    'drop trigger audit_update',
    'drop trigger audit_delete',
    'drop trigger audit_insert',
    'drop trigger audit_head_update',
    'drop trigger audit_head_delete',
    'drop trigger audit_head_insert',
    'drop trigger audit_delete; create trigger audit_delete before delete on audit when 0 begin select 1; end',
  ],
})

describe('the file of an audit log on SQLite', () => {
  it('names the record of which one byte was flipped, and is not started on', async () => {
    const path = newFolder()
    const sessions = Array.from({ length: 9 }, newCallSid)
    {
      await using records = await openedRecords(path)
      const data = { decision: 'confirm', reasons: ['highRisk'] } as const
      for (const session of sessions) {
        await records.audit.record({ kind: 'decision', actor: 'server', tool: 'send_sms', session, data })
      }
    }
    const file = join(path, 'consigliere.db')
    const whole = readFileSync(file)
    const place = { dataDir: path, databaseUrl: undefined }
    expect(await verifyStored(place)).toMatchObject({ verdict: { ok: true, head: { seq: 9 } } })
    const random = seededRandom(20_261_127)
    for (let flips = 0; flips < 40; flips += 1) {
      const record = random.whole(9)
      const at = whole.indexOf(sessions[record] ?? '')
      // The session, the tool behind it, or the data behind that; before it are columns of a byte or none.
      const offset =
        at + random.whole(34 + 'send_sms'.length + '{"decision":"confirm","reasons":["highRisk"]}'.length)
      const flipped = Buffer.from(whole)
      flipped.writeUInt8(whole.readUInt8(offset) ^ (1 << random.whole(8)), offset)
      writeFileSync(file, flipped)
      const found = await verifyStored(place)
      expect(found).toEqual({ kind: 'read', verdict: { ok: false, seq: record + 1, reason: 'changed' } })
      await expect(openedRecords(path)).rejects.toMatchObject({ name: 'StorageError', code: 'corrupt' })
    }
    writeFileSync(file, whole)
    await using records = await openedRecords(path)
    expect(await records.audit.verify()).toMatchObject({ ok: true })
  })
})

describe('an audit log that is given nothing but a kind', () => {
  it('keeps it, also without any redaction', async () => {
    await using records = await openedRecords(newFolder(), { auditRedaction: (event) => event })
    await records.audit.record({ kind: 'start' })
    const [record] = await records.audit.page({ afterSeq: 0, maxRecords: 1 })
    expect(record).toMatchObject({ seq: 1, kind: 'start', data: {} })
    expect(await records.audit.verify()).toMatchObject({ ok: true })
  })
})

describe('with a server', () => {
  beforeEach((context) => server.orSkip(context))

  const newPlace = async (): Promise<AuditPlace> => {
    const databaseUrl = await server.newSchema()
    const path = newFolder()
    return {
      open: () => openedRecords(path, { databaseUrl }),
      run: (sql) => query(databaseUrl, sql),
      tamper: async (sql) => {
        const tables = ['audit', 'audit_head']
        const [off, on] = ['disable', 'enable'].map((how) =>
          tables.map((table) => `alter table ${table} ${how} trigger user`).join(';'),
        )
        await query(databaseUrl, `${off}; ${sql}; ${on}`)
      },
    }
  }

  auditContract('PostgreSQL', newPlace, {
    refused: ['truncate audit', 'truncate audit_head'],
    unguarding: [
      'drop trigger audit_change on audit',
      'drop trigger audit_truncate on audit',
      'drop trigger audit_head_change on audit_head',
      'drop trigger audit_head_truncate on audit_head',
      'alter table audit disable trigger audit_change',
      `drop trigger audit_change on audit; create trigger audit_change before update on audit
         for each row execute function refuse_audit_change()`,
      `drop trigger audit_change on audit; create trigger audit_change before update or delete on audit
         for each row when (false) execute function refuse_audit_change()`,
      `create or replace function refuse_audit_change() returns trigger language plpgsql
         as $$begin return new; end$$`,
    ],
  })

  it('two processes write one chain', async () => {
    const databaseUrl = await server.newSchema()
    const path = newFolder()
    await using one = await openedRecords(path, { databaseUrl })
    await using other = await openedRecords(path, { databaseUrl })
    const heads = await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        (index % 2 === 0 ? one : other).audit.record({ kind: 'auth', data: { count: index } }),
      ),
    )
    expect(new Set(heads.map(({ seq }) => seq)).size).toBe(200)
    expect(await one.audit.verify()).toMatchObject({ ok: true, firstSeq: 1, head: { seq: 200 } })
  })
})
