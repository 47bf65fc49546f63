import { sql, type Kysely } from 'kysely'
import { dialectOf } from './dialect-of.ts'
import type { Schema } from './schema.ts'

/** One thing of the database itself that refuses to change or remove records of the audit log. */
type AuditGuard = { readonly name: string; readonly create: string }

/** Those of the first hour, and those that came with a later version: each has its migration. */
type AuditGuards = { readonly first: readonly AuditGuard[]; readonly later: readonly AuditGuard[] }

const refuse = "begin select raise(abort, 'audit is append-only'); end"

/**
 * A record that a checkpoint covers may be removed, and nothing else be done to any. The triggers stop mistakes; whoever
 * can drop them is found out by the chain, and by their absence. The head, which says what may be removed, goes forward
 * only. SQLite runs no trigger for a row that REPLACE removes, so what would replace one is refused before.
 * Source: https://sqlite.org/lang_conflict.html
 */
const sqliteGuards: AuditGuards = {
  first: [
    {
      name: 'audit_update',
      create: `create trigger audit_update before update on audit
      ${refuse}`,
    },
    {
      name: 'audit_delete',
      create: `create trigger audit_delete before delete on audit
      when old.seq > (select removed_to from audit_head)
      ${refuse}`,
    },
  ],
  later: [
    {
      name: 'audit_insert',
      create: `create trigger audit_insert before insert on audit
      when exists (select 1 from audit where seq = new.seq)
      ${refuse}`,
    },
    {
      name: 'audit_head_update',
      create: `create trigger audit_head_update before update on audit_head
      when new.seq < old.seq or new.removed_to < old.removed_to
      ${refuse}`,
    },
    {
      name: 'audit_head_delete',
      create: `create trigger audit_head_delete before delete on audit_head
      ${refuse}`,
    },
    {
      name: 'audit_head_insert',
      create: `create trigger audit_head_insert before insert on audit_head
      ${refuse}`,
    },
  ],
}

const recordRefusal = `begin
    if tg_op = 'DELETE' then
      if old.seq <= (select removed_to from audit_head) then return old; end if;
    end if;
    raise exception 'audit is append-only' using errcode = 'restrict_violation';
  end`

const headRefusal = `begin
    if tg_op = 'UPDATE' then
      if new.seq >= old.seq and new.removed_to >= old.removed_to then return new; end if;
    end if;
    raise exception 'audit is append-only' using errcode = 'restrict_violation';
  end`

const postgresGuards: AuditGuards = {
  first: [
    {
      name: 'refuse_audit_change',
      create: `create function refuse_audit_change() returns trigger language plpgsql as $$${recordRefusal}$$`,
    },
    {
      name: 'audit_change',
      create: `create trigger audit_change before update or delete on audit
      for each row execute function refuse_audit_change()`,
    },
    {
      name: 'audit_truncate',
      create: `create trigger audit_truncate before truncate on audit
      for each statement execute function refuse_audit_change()`,
    },
  ],
  later: [
    {
      name: 'refuse_audit_head_change',
      create: `create function refuse_audit_head_change() returns trigger language plpgsql as $$${headRefusal}$$`,
    },
    {
      name: 'audit_head_change',
      create: `create trigger audit_head_change before insert or update or delete on audit_head
      for each row execute function refuse_audit_head_change()`,
    },
    {
      name: 'audit_head_truncate',
      create: `create trigger audit_head_truncate before truncate on audit_head
      for each statement execute function refuse_audit_head_change()`,
    },
  ],
}

/**
 * What PostgreSQL knows of the triggers above: the source of the function, and the sum of when it runs and on what.
 * Source: https://github.com/postgres/postgres/blob/REL_15_STABLE/src/include/catalog/pg_trigger.h
 */
const postgresTriggers: Readonly<Record<string, readonly [source: string, type: number]>> = {
  audit_change: [recordRefusal, 1 + 2 + 8 + 16],
  audit_truncate: [recordRefusal, 2 + 32],
  audit_head_change: [headRefusal, 1 + 2 + 4 + 8 + 16],
  audit_head_truncate: [headRefusal, 2 + 32],
}

/** What a database must have, in the order in which it is made. */
export function auditGuards(db: Pick<Kysely<unknown>, 'getExecutor'>): AuditGuards {
  return dialectOf(db) === 'postgres' ? postgresGuards : sqliteGuards
}

/** Whether every guard is there, switched on, and says what it should. */
export async function isGuarded(db: Kysely<Schema>): Promise<boolean> {
  return dialectOf(db) === 'postgres' ? await isPostgresGuarded(db) : await isSqliteGuarded(db)
}

async function isSqliteGuarded(db: Kysely<Schema>): Promise<boolean> {
  const { rows } = await sql<{ readonly name: string; readonly sql: string }>`
    select name, sql from sqlite_schema where type = 'trigger' and tbl_name in ('audit', 'audit_head')`.execute(
    db,
  )
  const found = new Map(rows.map((row) => [row.name, withoutCase(row.sql)]))
  return [...sqliteGuards.first, ...sqliteGuards.later].every(
    ({ name, create }) => found.get(name) === withoutCase(create),
  )
}

/** SQLite writes the first words of a statement in capitals before it keeps the text. */
function withoutCase(text: string): string {
  return text.toLowerCase()
}

async function isPostgresGuarded(db: Kysely<Schema>): Promise<boolean> {
  const { rows } = await sql<{ readonly name: string; readonly source: string; readonly type: number }>`
    select tgname as name, prosrc as source, tgtype as type from pg_trigger join pg_proc on pg_proc.oid = tgfoid
    where tgrelid in (to_regclass('audit'), to_regclass('audit_head')) and tgenabled in ('O', 'A')
    and tgqual is null and tgattr::text = ''`.execute(db)
  return Object.entries(postgresTriggers).every(([name, [source, type]]) =>
    rows.some((row) => row.name === name && row.source === source && row.type === type),
  )
}
