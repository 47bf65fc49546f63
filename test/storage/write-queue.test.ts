import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/lib/clock.ts'
import { VirtualClock } from '../../src/lib/virtual-clock.ts'
import { migrate } from '../../src/storage/migrate.ts'
import { openSqlite, openSqliteThread } from '../../src/storage/sqlite.ts'
import { turnPut, turnsOf } from '../../src/storage/turns.ts'
import { WriteQueue } from '../../src/storage/write-queue.ts'
import { countedSession, openedSession, ringingCall, turnOf } from './records.ts'
import { countingMetrics, opened, temporaryFolder } from './opening.ts'

function rowsOnDisk(folder: string, table: string): number {
  using database = new DatabaseSync(join(folder, 'consigliere.db'), { readOnly: true })
  return Number(database.prepare(`select count(*) as n from ${table}`).get()?.['n'])
}

/** Asks for a write and notes when it is done. */
function noted(write: Promise<void>, done: string[], name: string): Promise<void> {
  return write.then(() => void done.push(name))
}

async function turnsOfTheLoop(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resume) => setImmediate(resume))
}

/** Takes the writer's place in the database, as a maintenance command would. */
function otherWriter(folder: string): DatabaseSync {
  const other = new DatabaseSync(join(folder, 'consigliere.db'), { timeout: 0 })
  other.exec('begin immediate')
  return other
}

/** Lets every wait of the queue pass until the write is settled; answers its error, if it has one. */
async function outcomeInTime(clock: VirtualClock, write: Promise<void>): Promise<unknown> {
  const outcome: { settled?: { readonly error: unknown } } = {}
  const settled = write.then(
    () => (outcome.settled = { error: undefined }),
    (error: unknown) => (outcome.settled = { error }),
  )
  while (!outcome.settled) {
    await turnsOfTheLoop(1)
    clock.advance(clock.nextDelayMs() ?? 0)
  }
  return (await settled).error
}

describe('the write queue', () => {
  it('holds batched writes until batchMs have passed and then writes them in one transaction', async () => {
    using folder = temporaryFolder()
    const clock = new VirtualClock()
    const metrics = countingMetrics()
    await using storage = await opened(folder.path, { clock, metrics, batchMs: 200 })
    const turns = [0, 1, 2, 3].map((seq) => storage.putTurn(turnOf('CA1', seq)))
    clock.advance(199)
    await turnsOfTheLoop(5)
    expect(rowsOnDisk(folder.path, 'turns')).toBe(0)
    clock.advance(1)
    await Promise.all(turns)
    expect(rowsOnDisk(folder.path, 'turns')).toBe(4)
    expect(metrics.commits).toBe(1)
    expect(clock.pendingTimers()).toBe(0)
  })

  it('lets a turn without words and a count of tokens wait for the next words', async () => {
    using folder = temporaryFolder()
    const clock = new VirtualClock()
    const metrics = countingMetrics()
    await using storage = await opened(folder.path, { clock, metrics, batchMs: 200 })
    const waiting = [storage.putTurn(turnOf('CA1', 0, '')), storage.putSession(countedSession('CA1'))]
    clock.advance(600)
    await turnsOfTheLoop(5)
    expect(rowsOnDisk(folder.path, 'turns')).toBe(0)
    const words = storage.putTurn(turnOf('CA1', 0, 'Yes?'))
    clock.advance(200)
    await Promise.all([...waiting, words])
    expect([rowsOnDisk(folder.path, 'turns'), rowsOnDisk(folder.path, 'sessions')]).toEqual([1, 1])
    expect(metrics.commits).toBe(1)
    expect(clock.pendingTimers()).toBe(0)
  })

  it('writes them after eight times as long where no words come', async () => {
    using folder = temporaryFolder()
    const clock = new VirtualClock()
    await using storage = await opened(folder.path, { clock, batchMs: 200 })
    const waiting = [storage.putTurn(turnOf('CA1', 0, '')), storage.putSession(countedSession('CA1'))]
    clock.advance(1_599)
    await turnsOfTheLoop(5)
    expect(rowsOnDisk(folder.path, 'sessions')).toBe(0)
    clock.advance(1)
    await Promise.all(waiting)
    expect([rowsOnDisk(folder.path, 'turns'), rowsOnDisk(folder.path, 'sessions')]).toEqual([1, 1])
  })

  it('lets those that fill a transaction wait no longer than words', async () => {
    using folder = temporaryFolder()
    const clock = new VirtualClock()
    await using storage = await opened(folder.path, { clock, batchMs: 200 })
    const waiting = Array.from({ length: 32 }, (_, seq) => storage.putTurn(turnOf('CA1', seq, '')))
    clock.advance(200)
    await Promise.all(waiting)
    expect(rowsOnDisk(folder.path, 'turns')).toBe(32)
  })

  it('lets no words wait longer, nor an interruption before any were heard, nor the end of a session', async () => {
    using folder = temporaryFolder()
    const clock = new VirtualClock()
    await using storage = await opened(folder.path, { clock, batchMs: 200 })
    const session = countedSession('CA1')
    for (const write of [
      () => storage.putTurn(turnOf('CA1', 1)),
      () => storage.putTurn({ ...turnOf('CA1', 0, ''), interrupted: true }),
      () => storage.putSession({ ...session, endedAtMs: session.startedAtMs + 1, endReason: 'closed' }),
      () => storage.putSession({ ...openedSession('CA1'), sessionKey: 'CA1:1' }),
    ]) {
      const beginning = storage.putTurn(turnOf('CA1', 2, ''))
      const written = write()
      clock.advance(200)
      await Promise.all([beginning, written])
    }
    expect([rowsOnDisk(folder.path, 'turns'), rowsOnDisk(folder.path, 'sessions')]).toEqual([3, 2])
  })

  it('writes a durable record at once, and before it all that were asked for earlier', async () => {
    using folder = temporaryFolder()
    const clock = new VirtualClock()
    await using storage = await opened(folder.path, { clock, batchMs: 250 })
    const done: string[] = []
    const earlier = noted(storage.putTurn(turnOf('CA1', 0)), done, 'batched')
    await noted(storage.insertCall(ringingCall()), done, 'durable')
    await earlier
    expect(done).toEqual(['batched', 'durable'])
    expect(clock.nowMs()).toBe(0)
    expect([rowsOnDisk(folder.path, 'calls'), rowsOnDisk(folder.path, 'turns')]).toEqual([1, 1])
  })

  it('is on disk when a durable write resolves', async () => {
    using folder = temporaryFolder()
    await using storage = await opened(folder.path)
    for (let calls = 1; calls <= 20; calls += 1) {
      await storage.insertCall(ringingCall())
      expect(rowsOnDisk(folder.path, 'calls')).toBe(calls)
    }
  })

  it('shares one transaction among durable writes of the same moment', async () => {
    using folder = temporaryFolder()
    const metrics = countingMetrics()
    await using storage = await opened(folder.path, { metrics })
    await Promise.all(Array.from({ length: 30 }, () => storage.insertCall(ringingCall())))
    expect(metrics.commits).toBe(1)
    expect(metrics.counts.get('storage_writes_total committed')).toBe(30)
  })

  it('keeps the order of many writes of one record', async () => {
    using folder = temporaryFolder()
    await using storage = await opened(folder.path)
    const call = ringingCall()
    const texts = Array.from({ length: 500 }, (_, index) => `version ${index}`)
    const writes = [
      storage.insertCall(call),
      ...texts.map((text) => storage.putTurn(turnOf(call.callSid, 0, text))),
    ]
    expect((await storage.completeCall(call.callSid))?.turns[0]?.text).toBe('version 499')
    await Promise.all(writes)
  })

  it('lets the event loop run between transactions', async () => {
    using folder = temporaryFolder()
    await using storage = await opened(folder.path)
    let loopTurns = 0
    const counting = setInterval(() => (loopTurns += 1), 0)
    await Promise.all([
      ...Array.from({ length: 2000 }, (_, seq) => storage.putTurn(turnOf('CA1', seq))),
      storage.flush(),
    ])
    clearInterval(counting)
    expect(loopTurns).toBeGreaterThan(10)
  })

  it('refuses with full above its capacity, and keeps what it had', async () => {
    using folder = temporaryFolder()
    const clock = new VirtualClock()
    await using storage = await opened(folder.path, { clock, maxQueuedWrites: 3 })
    const kept = [0, 1, 2].map((seq) => storage.putTurn(turnOf('CA1', seq)))
    await expect(storage.putTurn(turnOf('CA1', 3))).rejects.toMatchObject({
      name: 'StorageError',
      code: 'full',
    })
    await storage.flush()
    await Promise.all(kept)
    expect(rowsOnDisk(folder.path, 'turns')).toBe(3)
    const later = storage.putTurn(turnOf('CA1', 3))
    await storage.flush()
    await later
  })
})

describe('the write queue with a row that cannot be', () => {
  it('fails that row alone, and undoes the transaction that it was in', async () => {
    using folder = temporaryFolder()
    await using storage = await opened(folder.path)
    const outcomes = await Promise.allSettled([0, -1, 2].map((seq) => storage.putTurn(turnOf('CA1', seq))))
    expect(outcomes).toMatchObject([
      { status: 'fulfilled' },
      { status: 'rejected', reason: { name: 'StorageError', code: 'constraint' } },
      { status: 'fulfilled' },
    ])
    expect(rowsOnDisk(folder.path, 'turns')).toBe(2)
    await storage.insertCall(ringingCall())
    expect(rowsOnDisk(folder.path, 'calls')).toBe(1)
  })
})

describe('the write queue beside another process', () => {
  it('waits while the other one writes, and then writes', async () => {
    using folder = temporaryFolder()
    const clock = new VirtualClock()
    await using storage = await opened(folder.path, { clock })
    const other = otherWriter(folder.path)
    clock.setTimer(700, () => other.close())
    expect(await outcomeInTime(clock, storage.insertCall(ringingCall()))).toBeUndefined()
    expect(clock.nowMs()).toBeGreaterThanOrEqual(700)
    expect(rowsOnDisk(folder.path, 'calls')).toBe(1)
  })

  it('waits with rows, too', async () => {
    using folder = temporaryFolder()
    const clock = new VirtualClock()
    await using storage = await opened(folder.path, { clock })
    const other = otherWriter(folder.path)
    clock.setTimer(700, () => other.close())
    expect(await outcomeInTime(clock, storage.putTurn(turnOf('CA1', 0)))).toBeUndefined()
    expect(clock.nowMs()).toBeGreaterThanOrEqual(700)
    expect(rowsOnDisk(folder.path, 'turns')).toBe(1)
  })

  it('gives up with busy after 5 s', async () => {
    using folder = temporaryFolder()
    const clock = new VirtualClock()
    await using storage = await opened(folder.path, { clock })
    const other = otherWriter(folder.path)
    const error = await outcomeInTime(clock, storage.insertCall(ringingCall()))
    other.close()
    expect(error).toMatchObject({ name: 'StorageError', code: 'busy' })
    expect(clock.nowMs()).toBe(5000)
  })

  it('does not hold the event loop while it waits', async () => {
    using folder = temporaryFolder()
    await using storage = await opened(folder.path)
    const other = otherWriter(folder.path)
    const write = storage.insertCall(ringingCall())
    const untilMs = systemClock.nowMs() + 200
    let turns = 0
    for (; systemClock.nowMs() < untilMs; turns += 1) await turnsOfTheLoop(1)
    other.close()
    await write
    // Thousands on a free machine; a few if every try waited for the lock inside SQLite.
    expect(turns).toBeGreaterThan(50)
  })
})

describe.each([
  { name: 'in a thread', open: openSqliteThread },
  { name: 'on the event loop', open: openSqlite },
])('the write queue on a full disk, writing $name', ({ open }) => {
  it('fails what does not fit, and writes again when there is room', async () => {
    using folder = temporaryFolder()
    const database = await open(join(folder.path, 'consigliere.db'))
    await migrate(database.writer)
    const metrics = countingMetrics()
    const queue = new WriteQueue({ database, clock: systemClock, metrics, batchMs: 1, maxQueuedWrites: 100 })
    const put = (seq: number, text: string) =>
      queue.put((db) => turnPut(db, turnOf('CA1', seq, text)), 'soon')
    const { rows } = await sql<{ page_count: number }>`pragma page_count`.execute(database.writer)
    await sql.raw(`pragma max_page_count = ${(rows[0]?.page_count ?? 0) + 4}`).execute(database.writer)

    const outcomes = await Promise.allSettled([
      put(0, 'fits'),
      put(1, 'x'.repeat(100_000)),
      put(2, 'fits as well'),
    ])
    expect(outcomes).toMatchObject([
      { status: 'fulfilled' },
      { status: 'rejected', reason: { name: 'StorageError', code: 'failed' } },
      { status: 'fulfilled' },
    ])
    await sql`pragma max_page_count = 100000`.execute(database.writer)
    await put(1, 'x'.repeat(100_000))
    await queue.close()
    expect(await turnsOf(database.reader, 'CA1')).toHaveLength(3)
    await database.close()
  })
})
