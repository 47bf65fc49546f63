import { PostgresIntrospector, sql, type Kysely, type TableMetadata } from 'kysely'

/**
 * Finds the tables of our own schema alone. Kysely's way reads those of every schema, which takes long where there are
 * many, and which PostgreSQL breaks off when somebody removes one of them meanwhile.
 */
export class OwnTables extends PostgresIntrospector {
  readonly #db: Kysely<unknown>

  constructor(db: Kysely<unknown>) {
    super(db)
    this.#db = db
  }

  override async getTables(): Promise<TableMetadata[]> {
    const { rows } = await sql<{ readonly name: string; readonly schema: string }>`
      select relname as name, nspname as schema
      from pg_catalog.pg_class join pg_catalog.pg_namespace on pg_namespace.oid = relnamespace
      where nspname = current_schema() and relkind in ('r', 'p')`.execute(this.#db)
    return rows.map((row) => ({ ...row, isView: false, isForeign: false, columns: [] }))
  }
}
