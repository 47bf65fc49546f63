import { createHash } from 'node:crypto'
import type { AuditTable } from './schema.ts'

/** What the first record names as the one before it. */
export const firstPrev = '0'.repeat(64)

/**
 * The hash of a record: SHA-256 of the hash before it, NUL, and the record as a JSON list of its columns in this order,
 * `data` as the text that is stored. What is checked is therefore what is read, with nothing in between.
 */
export function hashOf(row: Omit<AuditTable, 'hash'>): string {
  const canonical = JSON.stringify([
    row.seq,
    row.wall,
    row.monotonic_ms,
    row.kind,
    row.actor,
    row.strength,
    row.session,
    row.tool,
    row.arguments_hash,
    row.data,
  ])
  return createHash('sha256').update(`${row.prev}\0${canonical}`).digest('hex')
}
