import { setImmediate as nextTurnOfTheLoop } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import type { AuditHead, AuditVerdict } from '../ports/audit.ts'
import { auditRecordOf, auditRows } from './audit.ts'
import { firstPrev, hashOf } from './audit-chain.ts'
import { isGuarded } from './audit-guards.ts'
import type { AuditHeadTable, AuditTable, Schema } from './schema.ts'

/** Rows read at once: a few milliseconds of work, then others have their turn. */
const pageRows = 500
/** Removals that may come in between before it is said that the chain cannot be followed. */
const maxTries = 3

/** Makes one read; each sees one state of the database. */
export type Reading = <T>(query: (db: Kysely<Schema>) => Promise<T>) => Promise<T>

type Bad = Extract<AuditVerdict, { ok: false }>

/** Where the chain ends as it was written, and which rows there are. */
type Ends = {
  readonly head: AuditHeadTable | undefined
  readonly first: AuditTable | undefined
  readonly lastSeq: number
}

/**
 * Walks the chain from its beginning to the end that it has at the start; what is appended meanwhile is not looked at. The
 * beginning is the first record ever, or the one after the last that was removed; then a checkpoint further on must say so,
 * with the hash that was removed. Records never change, so one read after the other does, and others read in between.
 */
export async function verifyAudit(read: Reading): Promise<AuditVerdict> {
  for (let tries = 1; ; tries += 1) {
    const ends = await read(endsOf)
    const verdict = await verdictOn(read, ends)
    if (verdict.ok || tries === maxTries) return verdict
    // Old records may have been removed while we walked over them.
    const { head } = await read(endsOf)
    if (head?.removed_to === ends.head?.removed_to) return verdict
  }
}

async function endsOf(db: Kysely<Schema>): Promise<Ends> {
  const head = await db.selectFrom('audit_head').selectAll().executeTakeFirst()
  const first = await db.selectFrom('audit').selectAll().orderBy('seq').limit(1).executeTakeFirst()
  const last = await db.selectFrom('audit').select('seq').orderBy('seq', 'desc').limit(1).executeTakeFirst()
  return { head, first, lastSeq: last?.seq ?? 0 }
}

async function verdictOn(read: Reading, { head, first, lastSeq }: Ends): Promise<AuditVerdict> {
  if (!head) return { ok: false, seq: 0, reason: 'unknownHead' }
  const removedTo = head.removed_to
  if (first && first.seq <= removedTo) return { ok: false, seq: first.seq, reason: 'unlinked' }
  const beginning = { seq: removedTo, hash: removedTo > 0 && first ? first.prev : firstPrev }
  const end = await walk(read, beginning, Math.max(head.seq, lastSeq))
  if ('reason' in end) return end
  if (end.seq !== head.seq || end.hash !== head.hash)
    return { ok: false, seq: end.seq, reason: 'unknownHead' }
  if (removedTo > 0 && !(await read((db) => isRemovedRightly(db, beginning)))) {
    return { ok: false, seq: removedTo, reason: 'missing' }
  }
  if (!(await read(isGuarded))) return { ok: false, seq: head.seq, reason: 'unguarded' }
  return { ok: true, firstSeq: removedTo + 1, head: { seq: head.seq, hash: head.hash } }
}

async function walk(read: Reading, beginning: AuditHead, toSeq: number): Promise<AuditHead | Bad> {
  let { seq, hash } = beginning
  while (seq < toSeq) {
    const page = { afterSeq: seq, maxRecords: Math.min(pageRows, toSeq - seq) }
    const rows = await read((db) => auditRows(db, page))
    if (rows.length === 0) return { ok: false, seq: seq + 1, reason: 'missing' }
    for (const row of rows) {
      const bad = faultOf(row, { seq, hash })
      if (bad) return bad
      ;({ seq, hash } = row)
    }
    await nextTurnOfTheLoop()
  }
  return { seq, hash }
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
