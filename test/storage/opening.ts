import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../src/lib/clock.ts'
import type { Log } from '../../src/ports/log.ts'
import type { CounterName, Labels, Metrics } from '../../src/ports/metrics.ts'
import { auditRedaction } from '../../src/ops/audit-redaction.ts'
import type { CallStorage } from '../../src/ports/storage.ts'
import type { Successive } from './open-calls-contract.ts'
import { openStorage, type Records, type StorageOptions } from '../../src/storage/open-storage.ts'

/** A folder that goes when it is disposed of. */
export function temporaryFolder(): { readonly path: string; [Symbol.dispose](): void } {
  const path = mkdtempSync(join(tmpdir(), 'consigliere-storage-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

/** A log that keeps nothing. */
export const noLog: Log = { event: () => undefined, forCall: () => noLog }

/** Metrics that keep how often each counter and outcome was met. */
export function countingMetrics(): Metrics & { readonly counts: Map<string, number>; commits: number } {
  const counts = new Map<string, number>()
  return {
    counts,
    commits: 0,
    count(name: CounterName, labels?: Labels, by = 1) {
      const key = `${name} ${labels?.['outcome'] ?? ''}`
      counts.set(key, (counts.get(key) ?? 0) + by)
    },
    observe() {
      this.commits += 1
    },
    gauge: () => undefined,
  }
}

/** Opens all records with settings for tests: on SQLite, unless a URL is given. */
export function openedRecords(dataDir: string, options: Partial<StorageOptions> = {}): Promise<Records> {
  return openStorage({
    dataDir,
    clock: systemClock,
    log: noLog,
    metrics: countingMetrics(),
    batchMs: 20,
    maxQueuedWrites: 10_000,
    commits: 'thread',
    auditRedaction,
    ...options,
  })
}

/** Opens the record of calls. */
export async function opened(dataDir: string, options: Partial<StorageOptions> = {}): Promise<CallStorage> {
  return (await openedRecords(dataDir, options)).calls
}

/** Opens the record of calls so that it can be opened again as the next process would. */
export async function openedSuccessively(
  dataDir: string,
  options: Partial<StorageOptions> = {},
): Promise<Successive> {
  const storage = await opened(dataDir, options)
  const successor = async (): Promise<CallStorage> => {
    await storage[Symbol.asyncDispose]()
    return await opened(dataDir, options)
  }
  return Object.assign(storage, { successor })
}
