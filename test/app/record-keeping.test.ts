import { describe, expect, it } from 'vitest'
import { keepRecords } from '../../src/app/record-keeping.ts'
import { VirtualClock } from '../../src/lib/virtual-clock.ts'
import { createLog } from '../../src/ops/logger.ts'
import { createMetrics } from '../../src/ops/metrics.ts'
import { read } from '../config/reading.ts'
import { openedRecords, temporaryFolder } from '../storage/opening.ts'

type Line = { readonly kind: string; readonly count?: number; readonly hash?: string }

/** Lets everything that was begun come to its end. */
async function settled(until: () => boolean): Promise<void> {
  for (let turn = 0; turn < 1000 && !until(); turn += 1) await new Promise((resume) => setImmediate(resume))
}

describe('keepRecords()', () => {
  it('records start and stop, and logs the end of the chain every minute and at the stop', async () => {
    using folder = temporaryFolder()
    const clock = new VirtualClock()
    await using records = await openedRecords(folder.path, { clock })
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
})
