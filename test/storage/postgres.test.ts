import type { Kysely } from 'kysely'
import { Client } from 'pg'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/lib/clock.ts'
import { insertCall } from '../../src/storage/calls.ts'
import { migrate } from '../../src/storage/migrate.ts'
import { openPostgres } from '../../src/storage/postgres.ts'
import type { Schema } from '../../src/storage/schema.ts'
import { WriteQueue } from '../../src/storage/write-queue.ts'
import { callStorageContract } from './contract.ts'
import { countingMetrics, opened, openedSuccessively, temporaryFolder } from './opening.ts'
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

async function queueOn(url: string) {
  const database = await openPostgres(url)
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
    const database = await openPostgres(url)
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
    await using other = await open(url)
    expect(await other.closeOrphans(startedAtMs + 1)).toEqual([])
    const untouched = await other.completeCall(callSid)
    expect(untouched?.call.endedAtMs).toBeUndefined()
    expect(untouched?.streams).toEqual([{ streamSid, callSid, startedAtMs }])
    expect(untouched?.sessions[0]?.endedAtMs).toBeUndefined()
    await living[Symbol.asyncDispose]()
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
