import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { VirtualClock } from '../../src/lib/virtual-clock.ts'
import { StorageError } from '../../src/storage/storage-error.ts'
import { verifyAudit } from '../../src/storage/verify-audit.ts'
import { type StoredVerdict, verifyStored } from '../../src/storage/verify-stored.ts'
import { auditContract, type AuditPlace } from './audit-contract.ts'
import { auditPage, pageOf } from './audit-page.ts'
import { openedRecords, temporaryFolder } from './opening.ts'
import { postgresServer, query } from './postgres-server.ts'

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
  /** A log of three records at rest. */
  async function logAtRest() {
    const dataDir = newFolder()
    {
      await using records = await openedRecords(dataDir, { clock: new VirtualClock(Date.UTC(2026, 10, 27)) })
      for (let count = 0; count < 3; count += 1) await records.audit.record({ kind: 'auth', data: { count } })
    }
    const file = join(dataDir, 'consigliere.db')
    const whole = readFileSync(file)
    const verify = (): Promise<StoredVerdict> => verifyStored({ dataDir, databaseUrl: undefined })
    /** Writes over a page, as a disk may that fails. */
    const fill = (name: string): void => {
      const { at, bytes } = pageOf(dataDir, name)
      writeFileSync(file, readFileSync(file).fill(0xa5, at, at + bytes))
    }
    return { dataDir, file, whole, verify, fill }
  }

  it('names the record of which one byte was flipped, whichever it is, and is not started on', async () => {
    const { dataDir, file, whole, verify } = await logAtRest()
    const { finding, records } = auditPage(whole, pageOf(dataDir, 'audit'))
    const descriptor = openSync(file, 'r+')
    const write = (byte: number, at: number) => writeSync(descriptor, Uint8Array.of(byte), 0, 1, at)
    const after = async <T>(at: number, look: () => Promise<T>): Promise<T> => {
      const byte = whole.readUInt8(at)
      write(byte ^ (1 << (at % 8)), at)
      const seen = await look()
      write(byte, at)
      return seen
    }
    const said = async (at: number): Promise<string> => {
      const found = await after(at, verify)
      if (found.kind !== 'read') return found.kind
      return found.verdict.ok ? 'whole' : `${found.verdict.seq} ${found.verdict.reason}`
    }
    for (const [index, cell] of records.entries()) {
      const [start = 0] = cell
      for (const at of cell) {
        // SQLite keeps seq elsewhere, so that among the columns it is null; here null becomes a zero without any byte.
        const isUnread = at === start + 4 && at % 8 === 3
        const named = isUnread ? /^whole$/ : new RegExp(`^${index + 1} (changed|missing)$`)
        expect(await said(at)).toMatch(named)
      }
    }
    // Of the bytes by which records are found, one may hide a neighbour, too, or nothing that is looked for.
    for (const at of finding) expect(await said(at)).toMatch(/^(damaged|[123] (changed|missing))$/)
    const [first] = records
    for (const at of [finding[1], finding[8], first?.[0], first?.[9], first?.at(-1)]) {
      await after(at ?? 0, () =>
        expect(openedRecords(dataDir)).rejects.toMatchObject({ name: 'StorageError', code: 'corrupt' }),
      )
    }
    closeSync(descriptor)
    expect(await verify()).toMatchObject({ verdict: { ok: true, head: { seq: 3 } } })
  })

  it('says how far it reads when its end cannot be read, and that it does not when nothing can', async () => {
    const { file, verify, fill } = await logAtRest()
    fill('audit_head')
    expect(await verify()).toEqual({ kind: 'damaged', lastGoodSeq: 3 })
    fill('audit')
    expect(await verify()).toEqual({ kind: 'damaged', lastGoodSeq: 0 })
    writeFileSync(file, 'no database '.repeat(1_000))
    expect(await verify()).toEqual({ kind: 'damaged', lastGoodSeq: 0 })
  })

  it.each(['calls', 'intents_audit_seq'])('is not called whole when the damage is in %s', async (name) => {
    const { verify, fill } = await logAtRest()
    fill(name)
    expect(await verify()).toEqual({ kind: 'damaged', lastGoodSeq: 3 })
  })

  it('is not judged when it cannot be read for another reason', async () => {
    const { dataDir, file } = await logAtRest()
    rmSync(file)
    mkdirSync(file)
    const refused = { name: 'StorageError', code: 'failed' }
    await expect(verifyStored({ dataDir, databaseUrl: undefined })).rejects.toMatchObject(refused)
    const busy = new StorageError('busy')
    await expect(verifyAudit(() => Promise.reject(busy))).rejects.toBe(busy)
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
