import { statSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import { systemClock } from '../src/lib/clock.ts'
import { auditRedaction } from '../src/ops/audit-redaction.ts'
import type { Log } from '../src/ports/log.ts'
import type { Metrics } from '../src/ports/metrics.ts'
import type { CallRecord, TurnRecord } from '../src/ports/storage.ts'
import { temporaryFolder } from '../src/sim/temporary-folder.ts'
import { backupDatabase } from '../src/storage/backup.ts'
import { openStorage, type Records } from '../src/storage/open-storage.ts'

const COUNT = 20_000
const SINGLE = 500
const ERASED = '+14155550123'

/** One figure of a database: what was measured, and how much. */
export type StorageFigure = {
  readonly database: string
  readonly name: string
  readonly value: number
  readonly unit: string
}

/**
 * Measures what it costs to keep records: SQLite with commits in a thread and on the event loop, and PostgreSQL where an
 * address is given. Everything is written to a temporary folder and a schema of its own, which go afterwards.
 */
export async function measureStorage(databaseUrl: string | undefined): Promise<readonly StorageFigure[]> {
  const figures: StorageFigure[] = []
  for (const commits of ['thread', 'loop'] as const) {
    using folder = temporaryFolder()
    figures.push(...(await measured(`SQLite, ${commits}`, { dataDir: folder.path, commits })))
  }
  if (databaseUrl === undefined) return figures
  using folder = temporaryFolder()
  const schema = `bench_${process.pid}`
  const search = `${databaseUrl.includes('?') ? '&' : '?'}options=-c%20search_path%3D${schema}`
  await run(databaseUrl, `create schema ${schema}`)
  try {
    const place = { dataDir: folder.path, commits: 'thread', databaseUrl: databaseUrl + search } as const
    figures.push(...(await measured('PostgreSQL', place)))
  } finally {
    await run(databaseUrl, `drop schema ${schema} cascade`)
  }
  return figures
}

/** Figures as text for people. */
export function storageTable(figures: readonly StorageFigure[]): string {
  const rows = figures.map(({ database, name, value, unit }) => {
    const digits = value >= 100 ? 0 : 2
    return `  ${database.padEnd(15)} ${name.padEnd(34)} ${value.toFixed(digits).padStart(9)} ${unit}`
  })
  return ['Storage', ...rows].join('\n')
}

type Place = {
  readonly dataDir: string
  readonly databaseUrl?: string
  readonly commits: 'thread' | 'loop'
}

async function measured(database: string, place: Place): Promise<readonly StorageFigure[]> {
  const figures: StorageFigure[] = []
  const note = (name: string, value: number, unit: string): void => {
    figures.push({ database, name, value, unit })
  }
  const noteEach = (name: string, times: readonly number[]): void => {
    note(`${name}, median`, quantile(times, 0.5), 'ms')
    note(`${name}, 99 %`, quantile(times, 0.99), 'ms')
  }
  await using records = await openStorage({ ...place, ...quiet })
  const { calls, audit } = records
  noteEach('one call committed', await timesOf((index) => calls.insertCall(callOf(index))))
  noteEach('one audit record committed', await timesOf(() => audit.record({ kind: 'auth' })))
  note('turns in batches', (COUNT / (await timeOf(() => putTurns(records)))) * 1_000, 'rows/s')
  note('audit records in batches', (COUNT / (await timeOf(() => recordMany(records)))) * 1_000, 'rows/s')
  const verifyMs = await timeOf(() => audit.verify())
  note('verify', ((COUNT + SINGLE) / verifyMs) * 1_000, 'rows/s')
  if (place.databaseUrl === undefined) {
    const copy = join(place.dataDir, 'copy')
    const backupMs = await timeOf(() => backupDatabase(place.dataDir, copy))
    note('backup, verified', backupMs, 'ms')
    note('backup, size', statSync(copy).size / 1_000_000, 'MB')
  }
  note('one caller erased', await timeOf(() => records.upkeep.erase(ERASED, {})), 'ms')
  return figures
}

async function putTurns({ calls }: Records): Promise<void> {
  for (let index = 0; index < COUNT; index += 1) {
    void calls.putTurn(turnOf(index))
    if (index % 5_000 === 4_999) await calls.flush()
  }
}

async function recordMany({ audit }: Records): Promise<void> {
  for (let from = 0; from < COUNT; from += 5_000) {
    await Promise.all(
      Array.from({ length: 5_000 }, (_, count) => audit.record({ kind: 'auth', data: { count } })),
    )
  }
}

function callOf(index: number): CallRecord {
  return {
    callSid: callSidOf(index),
    direction: 'inbound',
    from: index % 10 === 0 ? ERASED : '+442079460123',
    to: '+14155550100',
    persona: 'receptionist',
    actor: 'external',
    status: 'completed',
    startedAtMs: 0,
    endedAtMs: 1,
  }
}

function turnOf(index: number): TurnRecord {
  return {
    callSid: callSidOf(index % SINGLE),
    seq: Math.floor(index / SINGLE),
    speaker: 'caller',
    text: `Turn ${index}: I would like to come by on Tuesday, if somebody is there in the afternoon.`,
    source: 'transcript',
    startedAtMs: 0,
    interrupted: false,
  }
}

/** In no order, as the network gives them. */
function callSidOf(index: number): string {
  return `CA${((index * 2_654_435_761) % 4_294_967_296).toString(16).padStart(32, '0')}`
}

async function timesOf(work: (index: number) => Promise<unknown>): Promise<readonly number[]> {
  const times: number[] = []
  for (let index = 0; index < SINGLE; index += 1) times.push(await timeOf(() => work(index)))
  return times
}

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const startedMs = systemClock.nowMs()
  await work()
  return systemClock.nowMs() - startedMs
}

function quantile(times: readonly number[], part: number): number {
  return times.toSorted((one, other) => one - other)[Math.floor(times.length * part)] ?? Number.NaN
}

async function run(databaseUrl: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: databaseUrl })
  await client.connect()
  await client.query(sql)
  await client.end()
}

const noLog: Log = { event: () => undefined, forCall: () => noLog }
const noMetrics: Metrics = { count: () => undefined, observe: () => undefined, gauge: () => undefined }
const quiet = {
  clock: systemClock,
  log: noLog,
  metrics: noMetrics,
  batchMs: 150,
  maxQueuedWrites: 10_000,
  auditRedaction,
} as const
