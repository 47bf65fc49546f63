import type { Kysely } from 'kysely'
import type { AuditHead, AuditVerdict } from '../ports/audit.ts'
import { auditRecordOf, auditRows } from './audit.ts'
import { firstPrev, hashOf } from './audit-chain.ts'
import { isGuarded } from './audit-guards.ts'
import type { AuditTable, Schema } from './schema.ts'

/** Rows read at once: a few milliseconds of work, then others have their turn. */
const pageRows = 500
/** The lowest 32-bit integer: also what was put before the first record is met. */
const belowAllSeqs = -(2 ** 31)

type Bad = Extract<AuditVerdict, { ok: false }>

/**
 * Walks the chain from its beginning to its end, in one view of the database. The beginning is the first record ever, or
 * the one after the last that was removed; then a checkpoint further on must say so, with the hash that was removed.
 */
export async function verifyAudit(db: Kysely<Schema>): Promise<AuditVerdict> {
  const head = await db.selectFrom('audit_head').selectAll().executeTakeFirst()
  if (!head) return { ok: false, seq: 0, reason: 'unknownHead' }
  const removedTo = head.removed_to
  const [first] = await auditRows(db, { afterSeq: belowAllSeqs, maxRecords: 1 })
  if (first && first.seq <= removedTo) return { ok: false, seq: first.seq, reason: 'unlinked' }
  const beginning = { seq: removedTo, hash: removedTo > 0 && first ? first.prev : firstPrev }
  const walked = await walk(db, beginning)
  if ('reason' in walked) return walked
  if (head.seq > walked.seq) return { ok: false, seq: walked.seq + 1, reason: 'missing' }
  if (head.seq < walked.seq || head.hash !== walked.hash) {
    return { ok: false, seq: walked.seq, reason: 'unknownHead' }
  }
  if (removedTo > 0 && !(await isRemovedRightly(db, beginning))) {
    return { ok: false, seq: removedTo, reason: 'missing' }
  }
  if (!(await isGuarded(db))) return { ok: false, seq: head.seq, reason: 'unguarded' }
  return { ok: true, firstSeq: removedTo + 1, head: { seq: head.seq, hash: head.hash } }
}

async function walk(db: Kysely<Schema>, beginning: AuditHead): Promise<AuditHead | Bad> {
  let { seq, hash } = beginning
  for (;;) {
    const rows = await auditRows(db, { afterSeq: seq, maxRecords: pageRows })
    for (const row of rows) {
      const bad = faultOf(row, { seq, hash })
      if (bad) return bad
      ;({ seq, hash } = row)
    }
    if (rows.length < pageRows) return { seq, hash }
  }
}

/** What is wrong with a row that should follow a given one. */
function faultOf(row: AuditTable, before: AuditHead): Bad | undefined {
  const seq = before.seq + 1
  if (row.seq !== seq) return { ok: false, seq, reason: 'missing' }
  if (row.hash !== hashOf(row)) return { ok: false, seq, reason: 'changed' }
  if (row.prev !== before.hash) return { ok: false, seq, reason: 'unlinked' }
  return undefined
}

/** Whether the last checkpoint says that everything up to the beginning was removed, and names its last hash. */
async function isRemovedRightly(db: Kysely<Schema>, { seq, hash }: AuditHead): Promise<boolean> {
  const row = await db
    .selectFrom('audit')
    .selectAll()
    .where('kind', '=', 'checkpoint')
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (!row) return false
  const { removedTo, removedHash } = auditRecordOf(row).data
  return removedTo === seq && removedHash === hash
}
