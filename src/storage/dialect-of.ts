import { PostgresAdapter, type Kysely } from 'kysely'

/** The two databases that all queries run on. */
export type DialectName = 'sqlite' | 'postgres'

/** Tells which database is below, for the few statements that they do not share: views of locks, triggers. */
export function dialectOf(db: Pick<Kysely<unknown>, 'getExecutor'>): DialectName {
  return db.getExecutor().adapter instanceof PostgresAdapter ? 'postgres' : 'sqlite'
}
