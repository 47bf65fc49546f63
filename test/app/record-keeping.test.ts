import { afterAll, describe, expect, it } from 'vitest'
import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import { createAudioEngine } from '../../src/audio/engine.ts'
import { Calls } from '../../src/call/calls.ts'
import { keepRecords, tendOrphans } from '../../src/app/record-keeping.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { VirtualClock } from '../../src/lib/virtual-clock.ts'
import { createLog } from '../../src/ops/logger.ts'
import { createMetrics } from '../../src/ops/metrics.ts'
import type { Records } from '../../src/storage/open-storage.ts'
import { testPlan, testPorts } from '../call/support/ports.ts'
import { read } from '../config/reading.ts'
import { openedRecords, temporaryFolder } from '../storage/opening.ts'
import { postgresServer } from '../storage/postgres-server.ts'
import { ringingCall } from '../storage/records.ts'

const server = await postgresServer()
afterAll(() => server[Symbol.asyncDispose]())

type Line = {
  readonly kind: string
  readonly count?: number
  readonly hash?: string
  readonly callSid?: string
}

/** Lets everything that was begun come to its end. */
async function settled(until: () => boolean): Promise<void> {
  for (let turn = 0; turn < 1000 && !until(); turn += 1) await new Promise((resume) => setImmediate(resume))
}

/** Waits for a server that has its own time, 10 s at most. */
async function answered(until: () => boolean): Promise<void> {
  const untilMs = systemClock.nowMs() + 10_000
  while (!until() && systemClock.nowMs() < untilMs) await new Promise((resume) => setImmediate(resume))
}

describe('keepRecords()', () => {
  it('records start and stop, and logs the end of the chain every minute and at the stop', async () => {
    using folder = temporaryFolder()
    const clock = new VirtualClock()
    // Nothing happens outside of the loop, whose turns are counted.
    await using records = await openedRecords(folder.path, { clock, commits: 'loop' })
    const lines: Line[] = []
    const destination = { write: (line: string) => void lines.push(JSON.parse(line) as Line) }
    using metrics = createMetrics()
    const log = createLog({ level: 'info', clock, destination })
    const parts = { ...read({}), clock, log, metrics }
    const keeping = await keepRecords(parts, records, { mode: 'live', version: '0.1.0' })
    const [start] = await records.audit.page({ afterSeq: 0, maxRecords: 9 })
    expect(start).toMatchObject({ kind: 'start', actor: 'server', data: { mode: 'live', version: '0.1.0' } })
    expect(start?.data.configHash).toMatch(/^[0-9a-f]{64}$/)
    clock.advance(59_999)
    expect(lines).toEqual([])
    clock.advance(1)
    // What is old is looked for now, and its writes wait for company.
    await settled(() => lines.length === 1)
    expect(lines).toMatchObject([{ kind: 'auditHead', count: 1, hash: start?.hash }])
    await records.audit.record({ kind: 'auth' })
    clock.advance(60_000)
    await settled(() => lines.length === 2)
    expect(lines[1]).toMatchObject({ kind: 'auditHead', count: 2, hash: (await records.audit.head()).hash })
    await keeping[Symbol.asyncDispose]()
    const head = await records.audit.head()
    expect(lines[2]).toMatchObject({ kind: 'auditHead', count: 3, hash: head.hash })
    expect((await records.audit.page({ afterSeq: 2, maxRecords: 9 })).map(({ kind }) => kind)).toEqual([
      'stop',
    ])
    expect(clock.pendingTimers()).toBe(0)
  })

  it('shows an effect that stays unknown for ten minutes once, also after a new start, and counts it', async () => {
    using folder = temporaryFolder()
    const clock = new VirtualClock()
    using metrics = createMetrics()
    const lines: string[] = []
    const destination = { write: (line: string) => void lines.push(line) }
    const parts = { ...read({}), clock, log: createLog({ level: 'info', clock, destination }), metrics }
    const run = { mode: 'live', version: '0.1.0' }
    const intentId = 'intent_x0123456789abcdef01234567'
    const shown = (): readonly string[] => lines.filter((line) => line.includes('effectUnresolved'))
    const pass = async (minutes: number): Promise<void> => {
      for (let minute = 0; minute < minutes; minute += 1) {
        clock.advance(60_000)
        for (let turn = 0; turn < 20; turn += 1) {
          clock.advance(0)
          await new Promise((resume) => setImmediate(resume))
        }
      }
    }
    const open = async (): Promise<AsyncDisposable & { readonly records: Records }> => {
      await using opening = new AsyncDisposableStack()
      const records = opening.use(await openedRecords(folder.path, { clock, commits: 'loop' }))
      opening.use(await keepRecords(parts, records, run))
      const opened = opening.move()
      return { records, [Symbol.asyncDispose]: () => opened.disposeAsync() }
    }
    const first = await open()
    const { callSid } = ringingCall()
    await first.records.effects.claimIntent({
      intentId,
      scope: callSid,
      key: 'key',
      tool: 'send_sms',
      argumentsHash: 'ab'.repeat(32),
      sessionId: callSid,
      actor: 'person_0a1b2c3d4e5f60718293a4b5',
      strength: 'S2',
      destination: '+14155550123',
      createdAtMs: clock.wallMs(),
    })
    const settledAtMs = clock.wallMs()
    await first.records.effects.settleIntent(intentId, { state: 'unknown', code: 'timeout', settledAtMs })
    await pass(9)
    expect(shown()).toEqual([])
    expect(await metrics.exposition()).toMatch(/^effects_unresolved 0$/m)
    await pass(1)
    expect(shown()).toHaveLength(1)
    expect(JSON.parse(shown()[0] ?? '')).toMatchObject({ intentId, tool: 'send_sms' })
    const audited = await first.records.audit.page({ afterSeq: 0, maxRecords: 9 })
    expect(audited.find(({ data }) => data.reason === 'unresolved')).toMatchObject({ actor: 'server' })
    expect(await metrics.exposition()).toMatch(/^effects_unresolved 1$/m)
    await first[Symbol.asyncDispose]()
    metrics.gauge('effects_unresolved', 0)
    await using second = await open()
    await pass(2)
    expect(await metrics.exposition()).toMatch(/^effects_unresolved 1$/m)
    expect(shown()).toHaveLength(1)
    expect(await second.records.effects.untold(9)).toMatchObject([{ intentId }])
    expect(lines.join()).not.toContain('0123"')
  })

  it('removes what is too old, first after a minute and then once a day', async () => {
    using folder = temporaryFolder()
    const clock = new VirtualClock()
    // Nothing happens outside of the loop, whose turns are counted below.
    await using records = await openedRecords(folder.path, { clock, commits: 'loop' })
    using metrics = createMetrics()
    const kinds: string[] = []
    const destination = { write: (line: string) => void kinds.push((JSON.parse(line) as Line).kind) }
    const parts = { ...read({}), clock, log: createLog({ level: 'info', clock, destination }), metrics }
    const oldCall = async (): Promise<void> => {
      const startedAtMs = clock.wallMs() - 31 * 86_400_000
      await records.calls.insertCall({ ...ringingCall(), startedAtMs, endedAtMs: startedAtMs })
    }
    await oldCall()
    await using keeping = new AsyncDisposableStack()
    keeping.use(await keepRecords(parts, records, { mode: 'live', version: '0.1.0' }))
    const removals = async (minutes: number): Promise<number> => {
      for (let minute = 0; minute < minutes; minute += 1) {
        clock.advance(60_000)
        for (let turn = 0; turn < 20; turn += 1) {
          clock.advance(0)
          await new Promise((resume) => setImmediate(resume))
        }
      }
      return kinds.filter((kind) => kind === 'wordsRemoved').length
    }
    expect(await removals(10)).toBe(1)
    await oldCall()
    expect(await removals(10)).toBe(1)
    expect(await removals(24 * 60)).toBe(2)
  })
})

describe('tendOrphans()', () => {
  it('closes a call whose end could not be written, with that end, and leaves live ones alone', async () => {
    using folder = temporaryFolder()
    const clock = new VirtualClock()
    await using records = await openedRecords(folder.path, { clock, commits: 'loop' })
    using metrics = createMetrics()
    const { ports } = testPorts(clock, createAudioEngine())
    const calls = new Calls({
      ports: { ...ports, storage: records.calls },
      plan: (offer) => testPlan(offer.callSid, offer.from),
      limits: { maxCalls: 9, maxCallsPerCaller: 9, nonceTtlMs: 60_000 },
      say: { language: 'en', busy: 'Busy.', apology: 'Sorry.' },
    })
    const lines: Line[] = []
    const destination = { write: (line: string) => void lines.push(JSON.parse(line) as Line) }
    const parts = { ...read({}), clock, metrics, log: createLog({ level: 'info', clock, destination }) }
    using tending = await tendOrphans(parts, records, calls)
    const [over, live] = [ringingCall(), ringingCall()]
    const offer = ({ callSid, from, to }: typeof over) =>
      calls.offer({ callSid, from, to, direction: 'inbound' })
    await offer(over)
    // Another writer has the database until the queue has given up.
    const other = new DatabaseSync(join(folder.path, 'consigliere.db'), { timeout: 0 })
    other.exec('begin immediate')
    const endedAtMs = clock.wallMs()
    const told = Promise.allSettled([calls.onStatus({ callSid: over.callSid, status: 'completed' })])
    while (calls.size() > 0) {
      await new Promise((resume) => setImmediate(resume))
      clock.advance(100)
    }
    expect(await told).toMatchObject([{ status: 'rejected', reason: { code: 'busy' } }])
    other.exec('rollback')
    other.close()
    expect((await records.calls.findCall(over.callSid))?.endedAtMs).toBeUndefined()
    await offer(live)
    clock.advance(60_000 - clock.nowMs())
    await settled(() => lines.length > 0)
    expect(lines).toMatchObject([{ kind: 'callClosedLate', callSid: over.callSid }])
    expect(await records.calls.findCall(over.callSid)).toMatchObject({
      status: 'completed',
      ending: 'callerHungUp',
      endedAtMs,
      durationSeconds: 0,
    })
    expect((await records.calls.findCall(live.callSid))?.endedAtMs).toBeUndefined()
    tending[Symbol.dispose]()
  })

  it('looks again every minute for what another process left on a shared database', async (context) => {
    server.orSkip(context)
    using folder = temporaryFolder()
    const databaseUrl = await server.newSchema()
    const clock = new VirtualClock()
    await using records = await openedRecords(folder.path, { databaseUrl, clock })
    using metrics = createMetrics()
    const closed: (string | undefined)[] = []
    const destination = { write: (line: string) => void closed.push((JSON.parse(line) as Line).callSid) }
    const { config, secrets } = read({ DATABASE_URL: databaseUrl, DATA_DIR: folder.path })
    const parts = { config, secrets, clock, metrics, log: createLog({ level: 'info', clock, destination }) }
    const tending = await tendOrphans(parts, records, undefined)
    const call = ringingCall()
    await using other = await openedRecords(folder.path, { databaseUrl })
    await other.calls.insertCall(call)
    clock.advance(60_000)
    await records.calls.flush()
    expect(await records.calls.findCall(call.callSid)).toStrictEqual(call)
    await other[Symbol.asyncDispose]()
    clock.advance(60_000)
    // Missing for the first time: it may come back.
    await records.calls.flush()
    expect(await records.calls.findCall(call.callSid)).toStrictEqual(call)
    clock.advance(60_000)
    await answered(() => closed.length > 0)
    expect(closed).toEqual([call.callSid])
    expect(await records.calls.findCall(call.callSid)).toMatchObject({ ending: 'processDied' })
    tending[Symbol.dispose]()
    expect(clock.pendingTimers()).toBe(0)
  })
})
