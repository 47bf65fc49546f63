import type { Kysely } from 'kysely'
import type { AuditEntries } from './audit-log.ts'
import { appendAudit, holdAudit } from './audit.ts'
import { timeText } from './columns.ts'
import type { Schema } from './schema.ts'

/**
 * Removes the records of the audit log that are older than a time, from the beginning of the chain up to the first that is
 * not. A checkpoint, which stays, says up to where and with which hash: so the chain can be verified from there on.
 * INVARIANT: checkpoint and removal are one transaction, and the head is taken before anything is read: of two processes
 * that remove at the same time the other one sees what is left, and the beginning never goes back.
 * @returns how many were removed
 */
export async function checkpointAudit(
  db: Kysely<Schema>,
  { beforeMs, entryOf }: { readonly beforeMs: number; readonly entryOf: AuditEntries },
): Promise<number> {
  await holdAudit(db)
  const { seq: lastSeq, removed_to: removedBefore } = await db
    .selectFrom('audit_head')
    .select(['seq', 'removed_to'])
    .executeTakeFirstOrThrow()
  const firstKept = await db
    .selectFrom('audit')
    .select('seq')
    .where('wall', '>=', timeText(beforeMs))
    .orderBy('seq')
    .limit(1)
    .executeTakeFirst()
  const removedTo = (firstKept?.seq ?? lastSeq + 1) - 1
  if (removedTo <= removedBefore) return 0
  const { hash: removedHash } = await db
    .selectFrom('audit')
    .select('hash')
    .where('seq', '=', removedTo)
    .executeTakeFirstOrThrow()
  await appendAudit(db, entryOf({ kind: 'checkpoint', actor: 'server', data: { removedTo, removedHash } }))
  await db.updateTable('audit_head').set({ removed_to: removedTo }).execute()
  await db.deleteFrom('audit').where('seq', '<=', removedTo).execute()
  return removedTo - removedBefore
}
