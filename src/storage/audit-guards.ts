import { sql, type Kysely } from 'kysely'
import { dialectOf } from './dialect-of.ts'
import type { Schema } from './schema.ts'

/** One thing of the database itself that refuses to change or remove records of the audit log. */
export type AuditGuard = { readonly name: string; readonly create: string }

/**
 * A record that a checkpoint covers may be removed, and nothing else be done to any. The triggers stop mistakes; whoever
 * can drop them is found out by the chain, and by their absence.
 */
const sqliteGuards: readonly AuditGuard[] = [
  {
    name: 'audit_update',
    create: `create trigger audit_update before update on audit
      begin select raise(abort, 'audit is append-only'); end`,
  },
  {
    name: 'audit_delete',
    create: `create trigger audit_delete before delete on audit
      when old.seq > (select removed_to from audit_head)
      begin select raise(abort, 'audit is append-only'); end`,
  },
]

const refusal = `begin
    if tg_op = 'DELETE' then
      if old.seq <= (select removed_to from audit_head) then return old; end if;
    end if;
    raise exception 'audit is append-only' using errcode = 'restrict_violation';
  end`

const postgresGuards: readonly AuditGuard[] = [
  {
    name: 'refuse_audit_change',
    create: `create function refuse_audit_change() returns trigger language plpgsql as $$${refusal}$$`,
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
]

/** What a database must have, in the order in which it is made. */
export function auditGuards(db: Pick<Kysely<unknown>, 'getExecutor'>): readonly AuditGuard[] {
  return dialectOf(db) === 'postgres' ? postgresGuards : sqliteGuards
}

/** Whether every guard is there, switched on, and says what it should. */
export async function isGuarded(db: Kysely<Schema>): Promise<boolean> {
  return dialectOf(db) === 'postgres' ? await isPostgresGuarded(db) : await isSqliteGuarded(db)
}

async function isSqliteGuarded(db: Kysely<Schema>): Promise<boolean> {
  const { rows } = await sql<{ readonly name: string; readonly sql: string }>`
    select name, sql from sqlite_schema where type = 'trigger' and tbl_name = 'audit'`.execute(db)
  const found = new Map(rows.map((row) => [row.name, withoutCase(row.sql)]))
  return sqliteGuards.every(({ name, create }) => found.get(name) === withoutCase(create))
}

/** SQLite writes the first words of a statement in capitals before it keeps the text. */
function withoutCase(text: string): string {
  return text.toLowerCase()
}

async function isPostgresGuarded(db: Kysely<Schema>): Promise<boolean> {
  const { rows } = await sql<{ readonly name: string; readonly source: string }>`
    select tgname as name, prosrc as source from pg_trigger join pg_proc on pg_proc.oid = tgfoid
    where tgrelid = to_regclass('audit') and tgenabled in ('O', 'A')`.execute(db)
  const found = new Map(rows.map((row) => [row.name, row.source]))
  return ['audit_change', 'audit_truncate'].every((name) => found.get(name) === refusal)
}
