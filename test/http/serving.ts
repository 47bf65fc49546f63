import { createHash } from 'node:crypto'
import type { ApiKey, ApiScope } from '../../src/lib/api-scope.ts'
import type { Log } from '../../src/ports/log.ts'
import type { Metrics } from '../../src/ports/metrics.ts'
import { createKeyring } from '../../src/http/api-keys.ts'

/** Every key of these tests, by name. */
export const keys = { ops: 'csg_ops', reader: 'csg_reader', auditor: 'csg_auditor', root: 'csg_root' }

/** The entry of a key in API_KEYS. */
export function entryOf(name: keyof typeof keys, ...scopes: ApiScope[]): ApiKey {
  return { name, scopes, sha256: createHash('sha256').update(keys[name]).digest('hex') }
}

/** Metrics that keep each count. */
export function recordedMetrics(): Metrics & { readonly counts: unknown[] } {
  const counts: unknown[] = []
  return {
    counts,
    count: (...count) => void counts.push(count),
    observe: () => undefined,
    gauge: () => undefined,
  }
}

/** A log that keeps each event. */
export function recordedLog(): Log & { readonly events: unknown[] } {
  const events: unknown[] = []
  return {
    events,
    event: (...event) => void events.push(event),
    forCall() {
      return this
    },
  }
}

/** A keyring that knows all keys. */
export function keyring(metrics = recordedMetrics()) {
  return createKeyring({
    keys: [
      entryOf('ops', 'metrics'),
      entryOf('reader', 'read', 'chat'),
      entryOf('auditor', 'audit'),
      entryOf('root', 'admin'),
    ],
    metrics,
  })
}

/** The header that presents a key. */
export function bearer(key: string): { readonly authorization: string } {
  return { authorization: `Bearer ${key}` }
}
