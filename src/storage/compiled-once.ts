import type { CompiledQuery, Kysely } from 'kysely'
import type { Schema } from './schema.ts'

type Row = Readonly<Record<string, string | number | null>>

/**
 * The statement that writes a whole row, built once for each kind of database. Building one takes longer than running it
 * (35 µs and as many kilobytes for a turn), and it is the same each time but for the values.
 * @param compile builds the statement for a row; no value but those of the row may be in it
 * @returns the statement of a row for the kind of database that is asked with it
 * @throws TypeError when there is another value in it
 */
export function compiledOnce<R extends Row>(
  compile: (db: Kysely<Schema>, row: R) => CompiledQuery,
): (db: Kysely<Schema>, row: R) => CompiledQuery {
  const known = new WeakMap<object, Template>()
  return (db, row) => {
    const dialect = db.getExecutor().adapter
    const template = known.get(dialect) ?? templateOf(row, (named) => compile(db, named))
    known.set(dialect, template)
    const { query, columns } = template
    return { ...query, parameters: columns.map((column) => row[column]) }
  }
}

type Template = {
  readonly query: CompiledQuery
  /** Whose value each parameter is. */
  readonly columns: readonly string[]
}

/** Compiles the statement for a row whose values are the names of its columns, and so finds where each belongs. */
function templateOf<R extends Row>(row: R, compile: (named: R) => CompiledQuery): Template {
  const names = Object.keys(row)
  const query = compile(Object.fromEntries(names.map((name) => [name, name])) as R)
  const columns = query.parameters.map((parameter) => names.find((name) => name === parameter))
  if (columns.every((column) => column !== undefined)) return { query, columns }
  throw new TypeError(`Cannot compile once: ${query.sql.slice(0, 60)} holds a value that is not of its row`)
}
