import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../src/lib/clock.ts'
import type { Log } from '../../src/ports/log.ts'
import type { CounterName, Labels, Metrics } from '../../src/ports/metrics.ts'
import { openStorage, type StorageOptions } from '../../src/storage/open-storage.ts'

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

/** Opens storage with settings for tests: SQLite, unless a URL is given. */
export function opened(dataDir: string, options: Partial<StorageOptions> = {}) {
  return openStorage({
    dataDir,
    clock: systemClock,
    log: noLog,
    metrics: countingMetrics(),
    batchMs: 20,
    maxQueuedWrites: 10_000,
    commits: 'thread',
    ...options,
  })
}

/** Opens storage that can be opened again as the next process would. */
export async function openedSuccessively(dataDir: string, options: Partial<StorageOptions> = {}) {
  const storage = await opened(dataDir, options)
  const successor = async () => {
    await storage[Symbol.asyncDispose]()
    return await opened(dataDir, options)
  }
  return Object.assign(storage, { successor })
}
