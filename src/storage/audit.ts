import type { Kysely } from 'kysely'
import type { AuditEvent, AuditHead, AuditRecord } from '../ports/audit.ts'
import { hashOf } from './audit-chain.ts'
import { auditDataSchema } from './audit-data.ts'
import { present, timeMs, timeText } from './columns.ts'
import type { AuditTable, Schema } from './schema.ts'

/** An event with the moment at which it happened, and nothing in it that must not be kept. */
export type AuditEntry = AuditEvent & { readonly wallMs: number; readonly monotonicMs: number }

/**
 * Appends one record.
 * INVARIANT: the head is taken first, in the same transaction: so numbers have no gaps, and two writers cannot both name
 * the same record as the one before theirs, also between processes.
 */
export async function appendAudit(db: Kysely<Schema>, entry: AuditEntry): Promise<AuditHead> {
  const { seq, hash: prev } = await db
    .updateTable('audit_head')
    .set((update) => ({ seq: update('seq', '+', 1) }))
    .returning(['seq', 'hash'])
    .executeTakeFirstOrThrow()
  const row = {
    seq,
    wall: timeText(entry.wallMs),
    monotonic_ms: Math.round(entry.monotonicMs),
    kind: entry.kind,
    actor: entry.actor ?? null,
    strength: entry.strength ?? null,
    session: entry.session ?? null,
    tool: entry.tool ?? null,
    arguments_hash: entry.argumentsHash ?? null,
    data: dataText(entry.data ?? {}),
    prev,
  }
  const hash = hashOf(row)
  await db
    .insertInto('audit')
    .values({ ...row, hash })
    .execute()
  await db.updateTable('audit_head').set({ hash }).execute()
  return { seq, hash }
}

/** Takes the head without appending: nobody else appends until the transaction ends, in this process or another. */
export async function holdAudit(db: Kysely<Schema>): Promise<void> {
  await db
    .updateTable('audit_head')
    .set((update) => ({ seq: update.ref('seq') }))
    .execute()
}

/** The end of the chain as it was last written. */
export async function auditHead(db: Kysely<Schema>): Promise<AuditHead> {
  return await db.selectFrom('audit_head').select(['seq', 'hash']).executeTakeFirstOrThrow()
}

/** Rows after one, in order. */
export async function auditRows(
  db: Kysely<Schema>,
  { afterSeq, maxRecords }: { readonly afterSeq: number; readonly maxRecords: number },
): Promise<readonly AuditTable[]> {
  return await db
    .selectFrom('audit')
    .selectAll()
    .where('seq', '>', afterSeq)
    .orderBy('seq')
    .limit(maxRecords)
    .execute()
}

/** A row as the port tells it. */
export function auditRecordOf(row: AuditTable): AuditRecord {
  return present({
    seq: row.seq,
    wallMs: timeMs(row.wall),
    monotonicMs: row.monotonic_ms,
    kind: row.kind,
    actor: row.actor ?? undefined,
    strength: row.strength ?? undefined,
    session: row.session ?? undefined,
    tool: row.tool ?? undefined,
    argumentsHash: row.arguments_hash ?? undefined,
    data: auditDataSchema.parse(JSON.parse(row.data)),
    prev: row.prev,
    hash: row.hash,
  })
}

/** Keys in order, so that equal data are equal texts. */
function dataText(data: AuditEvent['data'] & object): string {
  return JSON.stringify(
    Object.fromEntries(Object.entries(data).toSorted(([one], [other]) => (one < other ? -1 : 1))),
  )
}
