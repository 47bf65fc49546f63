import { setImmediate as nextTurnOfTheLoop } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import type { AuditHead, AuditVerdict } from '../ports/audit.ts'
import { auditRecordOf, auditRows } from './audit.ts'
import { firstPrev, hashOf } from './audit-chain.ts'
import { isGuarded } from './audit-guards.ts'
import { lastAuditSeq } from './intents.ts'
import type { Reading } from './reading.ts'
import type { AuditHeadTable, AuditTable, Schema } from './schema.ts'
import { isCorrupt } from './storage-error.ts'

/** Rows read at once: a few milliseconds of work, then others have their turn. */
const pageRows = 500
/** Removals that may come in between before it is said that the chain cannot be followed. */
const maxTries = 3

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
 * with the hash that was removed. Records never change, so one read after the other does, and others read in between. A
 * record that is damaged so that it cannot be read is named as changed; one that an intent names is missing also when the
 * end was set back to before it.
 * @throws StorageError (as a rejection), `corrupt` when not even the head can be read
 */
export async function verifyAudit(read: Reading): Promise<AuditVerdict> {
  for (let tries = 1; ; tries += 1) {
    const ends = await readableEnds(read)
    const verdict = await verdictOn(read, ends)
    if (verdict.ok || tries === maxTries) return verdict
    // Old records may have been removed while we walked over them.
    const head = await read(headOf)
    if (head?.removed_to === ends.head?.removed_to) return verdict
  }
}

/** Up to which record the log can be read and each follows from the one before, where nobody can say where it should end. */
export async function lastLinked(read: Reading): Promise<number> {
  const rows = await readable(read, (db) => auditRows(db, { afterSeq: 0, maxRecords: 1 }))
  const [first] = rows ?? []
  if (!first) return 0
  const { end } = await walk(read, { seq: first.seq - 1, hash: first.prev }, Infinity)
  return end.seq
}

async function readableEnds(read: Reading): Promise<Ends> {
  // INVARIANT: read before the head, which from then on only goes forward.
  const intentSeq = (await readable(read, lastAuditSeq)) ?? 0
  const ends = await readable(read, endsOf)
  if (ends) return { ...ends, lastSeq: Math.max(ends.lastSeq, intentSeq) }
  // The first or the last record cannot be read: a walk that does not end at the head comes to it.
  return { head: await read(headOf), first: undefined, lastSeq: Infinity }
}

/** What a query answers; undefined where the database is damaged. */
async function readable<T>(read: Reading, query: (db: Kysely<Schema>) => Promise<T>): Promise<T | undefined> {
  try {
    return await read(query)
  } catch (error) {
    if (isCorrupt(error)) return undefined
    throw error
  }
}

async function headOf(db: Kysely<Schema>): Promise<AuditHeadTable | undefined> {
  return await db.selectFrom('audit_head').selectAll().executeTakeFirst()
}

async function endsOf(db: Kysely<Schema>): Promise<Ends> {
  const head = await headOf(db)
  const first = await db.selectFrom('audit').selectAll().orderBy('seq').limit(1).executeTakeFirst()
  const last = await db.selectFrom('audit').select('seq').orderBy('seq', 'desc').limit(1).executeTakeFirst()
  return { head, first, lastSeq: last?.seq ?? 0 }
}

async function verdictOn(read: Reading, { head, first, lastSeq }: Ends): Promise<AuditVerdict> {
  if (!head) return { ok: false, seq: 0, reason: 'unknownHead' }
  const removedTo = head.removed_to
  if (first && first.seq <= removedTo) return { ok: false, seq: first.seq, reason: 'unlinked' }
  const beginning = { seq: removedTo, hash: removedTo > 0 && first ? first.prev : firstPrev }
  const { end, bad } = await walk(read, beginning, Math.max(head.seq, lastSeq))
  if (bad) return bad
  if (end.seq !== head.seq || end.hash !== head.hash)
    return { ok: false, seq: end.seq, reason: 'unknownHead' }
  if (removedTo > 0 && !(await read((db) => isRemovedRightly(db, beginning)))) {
    return { ok: false, seq: removedTo, reason: 'missing' }
  }
  if (!(await read(isGuarded))) return { ok: false, seq: head.seq, reason: 'unguarded' }
  return { ok: true, firstSeq: removedTo + 1, head: { seq: head.seq, hash: head.hash } }
}

/** Where the walk came to, and what is wrong with the record after that. */
type Walk = { readonly end: AuditHead; readonly bad?: Bad }

async function walk(read: Reading, beginning: AuditHead, toSeq: number): Promise<Walk> {
  let end = beginning
  let maxRows = pageRows
  const badNext = (reason: Bad['reason']): Walk => ({ end, bad: { ok: false, seq: end.seq + 1, reason } })
  while (end.seq < toSeq) {
    const page = { afterSeq: end.seq, maxRecords: Math.min(maxRows, toSeq - end.seq) }
    const rows = await readable(read, (db) => auditRows(db, page))
    if (!rows) {
      if (maxRows === 1) return badNext('changed')
      // One of these cannot be read: which one shows when each is read by itself.
      maxRows = 1
      continue
    }
    if (rows.length === 0) return badNext('missing')
    for (const row of rows) {
      const reason = faultOf(row, end)
      if (reason) return badNext(reason)
      end = { seq: row.seq, hash: row.hash }
    }
    await nextTurnOfTheLoop()
  }
  return { end }
}

/** What is wrong with a row that should follow a given one. */
function faultOf(row: AuditTable, before: AuditHead): Bad['reason'] | undefined {
  if (row.seq !== before.seq + 1) return 'missing'
  if (row.hash !== hashOf(row)) return 'changed'
  return row.prev === before.hash ? undefined : 'unlinked'
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
