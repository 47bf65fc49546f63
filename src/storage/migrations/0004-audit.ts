import { sql, type Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'
import { firstPrev } from '../audit-chain.ts'
import { auditGuards } from '../audit-guards.ts'

/** The audit log: a chain of records that only grows, and its end. */
export const audit: Migration = {
  async up(db: Kysely<unknown>) {
    await createAudit(db)
    await createHead(db)
    for (const guard of auditGuards(db).first) await sql.raw(guard.create).execute(db)
  },
}

async function createAudit(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('audit')
    .addColumn('seq', 'integer', (column) => column.primaryKey().notNull())
    .addColumn('wall', 'text', (column) => column.notNull())
    .addColumn('monotonic_ms', 'bigint', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('actor', 'text')
    .addColumn('strength', 'text')
    .addColumn('session', 'text')
    .addColumn('tool', 'text')
    .addColumn('arguments_hash', 'text')
    .addColumn('data', 'text', (column) => column.notNull())
    .addColumn('prev', 'text', (column) => column.notNull())
    .addColumn('hash', 'text', (column) => column.notNull())
    .execute()
}

/** One row, which every writer changes first: so of two only one can be the next, also between processes. */
async function createHead(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('audit_head')
    .addColumn('id', 'integer', (column) => column.primaryKey().notNull())
    .addColumn('seq', 'integer', (column) => column.notNull())
    .addColumn('hash', 'text', (column) => column.notNull())
    .addColumn('removed_to', 'integer', (column) => column.notNull())
    .addCheckConstraint('audit_head_one', sql`id = 1`)
    .execute()
  await sql`insert into audit_head (id, seq, hash, removed_to) values (1, 0, ${firstPrev}, 0)`.execute(db)
}
