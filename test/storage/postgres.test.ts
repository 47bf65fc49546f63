import type { Kysely } from 'kysely'
import { Client } from 'pg'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/lib/clock.ts'
import { VirtualClock } from '../../src/lib/virtual-clock.ts'
import { insertCall } from '../../src/storage/calls.ts'
import { migrate } from '../../src/storage/migrate.ts'
import { lockClass } from '../../src/storage/migrations/0003-processes.ts'
import { openPostgres } from '../../src/storage/postgres.ts'
import type { Schema } from '../../src/storage/schema.ts'
import { WriteQueue } from '../../src/storage/write-queue.ts'
import { breakableLine } from './breakable-line.ts'
import { callStorageContract } from './contract.ts'
import { countingMetrics, opened, openedRecords, openedSuccessively, temporaryFolder } from './opening.ts'
import { postgresServer, query } from './postgres-server.ts'
import { ringingCall, startedAtMs, turnOf } from './records.ts'

const server = await postgresServer()

const folder = temporaryFolder()
beforeEach((context) => server.orSkip(context))
afterAll(async () => {
  folder[Symbol.dispose]()
  await server[Symbol.asyncDispose]()
})

const open = (databaseUrl: string) => opened(folder.path, { databaseUrl })

/** The numbers of the processes that hold their lock on the database of a URL. */
async function holders(url: string): Promise<readonly number[]> {
  const name = new URL(url).searchParams.get('application_name')
  const rows = await query(
    url,
    `select objid::int as owner from pg_locks join pg_stat_activity using (pid)
     where locktype = 'advisory' and classid = ${lockClass} and granted and application_name = '${name}'`,
  )
  return rows.map(({ owner }) => Number(owner))
}

/** Asks until it is so, 10 s at most: sockets and servers have their own time. */
async function until(isSo: () => Promise<boolean> | boolean): Promise<void> {
  const untilMs = systemClock.nowMs() + 10_000
  while (!(await isSo())) {
    if (systemClock.nowMs() > untilMs) throw new Error('It has not come about')
    await new Promise((resume) => setImmediate(resume))
  }
}

async function queueOn(url: string) {
  const database = await openPostgres(url, systemClock)
  await migrate(database.writer)
  const metrics = countingMetrics()
  const queue = new WriteQueue({ database, clock: systemClock, metrics, batchMs: 1, maxQueuedWrites: 100 })
  return {
    add: (run: (db: Kysely<Schema>) => Promise<void>) => queue.add(run, 'now'),
    [Symbol.asyncDispose]: () => queue.close().then(() => database.close()),
  }
}

callStorageContract('PostgreSQL', async () =>
  openedSuccessively(folder.path, { databaseUrl: await server.newSchema() }),
)

describe('migrate() on PostgreSQL', () => {
  it('is not stopped by somebody who removes other schemas of the same database', async () => {
    const url = await server.newSchema()
    await using held = new AsyncDisposableStack()
    const database = await openPostgres(url, systemClock)
    held.defer(() => database.close())
    const run = { isOver: false }
    const other = async (name: string): Promise<void> => {
      const client = new Client({ connectionString: url })
      await client.connect()
      // Each for itself, so that the schema is seen.
      while (!run.isOver) {
        await client.query(`create schema ${name}`)
        await client.query(`create table ${name}.t (a int)`)
        await client.query(`drop schema ${name} cascade`)
      }
      await client.end()
    }
    const others = [1, 2, 3].map((index) => other(`gone_${process.pid}_${index}`))
    held.defer(async () => {
      run.isOver = true
      await Promise.all(others)
    })
    for (let tries = 0; tries < 20; tries += 1) {
      await expect(migrate(database.writer)).resolves.toBeUndefined()
    }
  })
})

describe('openStorage() on PostgreSQL', () => {
  it('closeOrphans() leaves calls alone whose process lives, and ends them when it has died', async () => {
    const url = await server.newSchema()
    const living = await open(url)
    const { callSid } = ringingCall()
    await living.insertCall({ ...ringingCall(callSid), status: 'in-progress' })
    const streamSid = `MZ${callSid}`
    const begun = [
      living.putStream({ streamSid, callSid, startedAtMs }),
      living.putSession({ sessionKey: callSid, callSid, provider: 'p', model: 'm', startedAtMs }),
      living.flush(),
    ]
    await Promise.all(begun)
    const clock = new VirtualClock()
    await using other = await opened(folder.path, { databaseUrl: url, clock })
    expect(await other.closeOrphans(startedAtMs + 1)).toEqual([])
    const untouched = await other.completeCall(callSid)
    expect(untouched?.call.endedAtMs).toBeUndefined()
    expect(untouched?.streams).toEqual([{ streamSid, callSid, startedAtMs }])
    expect(untouched?.sessions[0]?.endedAtMs).toBeUndefined()
    await living[Symbol.asyncDispose]()
    // Missing for the first time: it may come back.
    expect(await other.closeOrphans(startedAtMs + 2)).toEqual([])
    clock.advance(14_999)
    expect(await other.closeOrphans(startedAtMs + 2)).toEqual([])
    expect((await other.completeCall(callSid))?.streams).toEqual([{ streamSid, callSid, startedAtMs }])
    clock.advance(1)
    expect(await other.closeOrphans(startedAtMs + 2)).toEqual([callSid])
    const leg = { endedAtMs: startedAtMs + 2, endReason: 'processDied' }
    expect(await other.completeCall(callSid)).toMatchObject({
      call: { ending: 'processDied', status: 'completed' },
      streams: [leg],
      sessions: [leg],
    })
  })

  it('goes on after its connections were cut, and keeps what was asked for meanwhile', async () => {
    const url = await server.newSchema()
    await using storage = await open(url)
    const call = ringingCall()
    await storage.insertCall(call)
    await storage.findCall(call.callSid)
    for (let cut = 0; cut < 3; cut += 1) {
      await server.cut(url)
      await storage.putTurn(turnOf(call.callSid, cut))
    }
    expect((await storage.completeCall(call.callSid))?.turns).toHaveLength(3)
    // It still counts as living, on its new connection.
    await using other = await open(url)
    expect(await other.closeOrphans(startedAtMs)).toEqual([])
  })

  it('opens its writing connection again by itself, with the lock that says that it lives', async () => {
    const url = await server.newSchema()
    await using line = await breakableLine(url)
    const [itsClock, othersClock] = [new VirtualClock(), new VirtualClock()]
    await using living = await openedRecords(folder.path, { databaseUrl: line.url, clock: itsClock })
    const { callSid } = ringingCall()
    await living.calls.insertCall(ringingCall(callSid))
    await living.effects.claimIntent({
      intentId: `intent_${callSid}`,
      scope: callSid,
      key: 'key',
      tool: 'send_sms',
      argumentsHash: 'ab'.repeat(32),
      sessionId: callSid,
      actor: 'key:ci',
      strength: 'S4',
      createdAtMs: startedAtMs,
    })
    // One that is only cut is back before any clock has moved.
    const held = await holders(url)
    await server.cut(url)
    await until(async () => (await holders(url)).length === 1)
    expect(await holders(url)).toEqual(held)
    await using other = await openedRecords(folder.path, { databaseUrl: url, clock: othersClock })
    const looked = async () => [
      await other.calls.closeOrphans(startedAtMs),
      await other.effects.closeLeftovers(startedAtMs),
    ]
    const nothing = [[], { unknown: [], voided: [] }]
    expect(await looked()).toEqual(nothing)
    line.break()
    await until(async () => (await holders(url)).length === 1 && itsClock.pendingTimers() > 0)
    expect(await looked()).toEqual(nothing)
    itsClock.advance(1000)
    await until(() => itsClock.pendingTimers() > 0)
    line.mend()
    itsClock.advance(1000)
    await until(async () => (await holders(url)).length === 2)
    othersClock.advance(60_000)
    expect(await looked()).toEqual(nothing)
    expect(itsClock.pendingTimers()).toBe(0)
  })

  it('closes while its connection is away, and tries no further', async () => {
    const url = await server.newSchema()
    await using line = await breakableLine(url)
    const clock = new VirtualClock()
    const storage = await opened(folder.path, { databaseUrl: line.url, clock })
    line.break()
    await until(() => clock.pendingTimers() > 0)
    await storage[Symbol.asyncDispose]()
    expect(clock.pendingTimers()).toBe(0)
    line.mend()
    clock.advance(5000)
    expect(await holders(url)).toEqual([])
  })

  it('writes on while the server still believes in the connection before', async () => {
    const url = await server.newSchema()
    await using storage = await open(url)
    const [owner] = await holders(url)
    const before = new Client({ connectionString: url.replace(/application_name=.*/, '') })
    await before.connect()
    await before.query(`select pg_advisory_lock_shared(${lockClass}, ${owner})`)
    await server.cut(url)
    await storage.insertCall(ringingCall())
    expect(await holders(url)).toEqual([owner])
    await before.end()
  })

  it('a start does not believe its first look at a database that has just come up', async () => {
    const url = await server.newSchema()
    await using dead = await open(url)
    const { callSid } = ringingCall()
    await dead.insertCall(ringingCall(callSid))
    await dead[Symbol.asyncDispose]()
    await query(
      url,
      `create function pg_postmaster_start_time() returns timestamptz language sql as 'select now()'`,
    )
    const clock = new VirtualClock()
    const justUp = url.replace(/(search_path%3D\w+)/, '$1%2Cpg_catalog')
    await using next = await opened(folder.path, { databaseUrl: justUp, clock })
    expect(await next.closeOrphans(startedAtMs)).toEqual([])
    clock.advance(15_000)
    expect(await next.closeOrphans(startedAtMs)).toEqual([callSid])
  })

  it('a write that loses its connection before the commit is made again, and stored once', async () => {
    const url = await server.newSchema()
    await using queue = await queueOn(url)
    const tries: number[] = []
    const call = ringingCall()
    await queue.add(async (db) => {
      tries.push(tries.length)
      if (tries.length === 1) await server.cut(url)
      await insertCall(db, { ...call, owner: 1 })
    })
    expect(tries).toEqual([0, 1])
    expect(await query(url, 'select call_sid from calls')).toEqual([{ call_sid: call.callSid }])
  })

  it('writes that lose their connection while they are committed are lost, and not made again', async () => {
    const url = await server.newSchema()
    await using queue = await queueOn(url)
    await query(
      url,
      `create function die() returns trigger language plpgsql as
           $$ begin perform pg_terminate_backend(pg_backend_pid()); return null; end $$;
         create constraint trigger dies after insert on calls deferrable initially deferred
           for each row execute function die()`,
    )
    let tries = 0
    const outcomes = await Promise.allSettled(
      [1, 2].map((owner) =>
        queue.add(async (db) => {
          tries += 1
          await insertCall(db, { ...ringingCall(), owner })
        }),
      ),
    )
    expect(outcomes).toMatchObject([
      { status: 'rejected', reason: { name: 'StorageError', code: 'lost' } },
      { status: 'rejected', reason: { name: 'StorageError', code: 'lost' } },
    ])
    expect(tries).toBe(2)
  })

  it.each([
    [
      (url: string) => url.replace(/:[^:@]+@/, ':wrong-canary@'),
      'the database server refused the user or the password of DATABASE_URL',
    ],
    [
      (url: string) => url.replace(/consigliere_test\?/, 'no_such_database?'),
      'there is no database of the name in DATABASE_URL',
    ],
    [
      (url: string) => url.replace(/@127\.0\.0\.1:\d+/, '@127.0.0.1:1'),
      'the database server of DATABASE_URL cannot be used: ECONNREFUSED',
    ],
  ])('says in one sentence why it cannot be opened, without the address %#', async (broken, why) => {
    const url = broken(await server.newSchema())
    const error: unknown = await open(url).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ name: 'StorageError', code: 'failed' })
    expect(String(error)).toContain(why)
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toMatch(/canary|consigliere_test:/)
  })
})
