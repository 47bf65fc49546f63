/**
 * The thread that writes: it holds the writing connection and does what it is told, in order. What a disk does to a
 * commit is felt here and not by the calls.
 */
import type { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import { openForWriting, statementsOf } from './sqlite-connection.ts'
import type { Statement } from './sqlite-connection.ts'
import { StorageError } from './storage-error.ts'
import type { ThreadAnswer, ThreadOrder } from './thread-messages.ts'

const { path } = workerData as { readonly path: string }

function serve(): void {
  const database = openForWriting(path)
  const prepare = statementsOf(database)
  parentPort?.on('message', ({ statements }: ThreadOrder) => {
    if (statements.length > 0) return answer(() => run({ database, prepare }, statements))
    // SQLite moves the log into the database and removes it when the last connection closes.
    database.close()
    parentPort?.close()
  })
}

/** Runs an order. A transaction that has come whole and fails is undone at once: nothing may get in between. */
function run(
  on: { readonly database: DatabaseSync; readonly prepare: (sql: string) => Statement },
  statements: ThreadOrder['statements'],
): ThreadAnswer {
  try {
    return runAll(on, statements)
  } catch (error) {
    if (statements.at(-1)?.sql === 'commit' && on.database.isTransaction) on.prepare('rollback').run([])
    throw error
  }
}

/** Runs statements one after another until one fails; answers what the last one did. */
function runAll(
  { database, prepare }: { readonly database: DatabaseSync; readonly prepare: (sql: string) => Statement },
  statements: ThreadOrder['statements'],
): ThreadAnswer {
  let rows: unknown[] = []
  let changes: number | bigint = 0
  for (const { sql, parameters } of statements) {
    // A transaction whose beginning failed has nothing to roll back.
    if (sql === 'rollback' && !database.isTransaction) continue
    const statement = prepare(sql)
    if (statement.reader) rows = statement.all(parameters)
    else ({ changes } = statement.run(parameters))
  }
  return { ok: true, rows, changes }
}

function answer(work: () => ThreadAnswer): void {
  parentPort?.postMessage(outcomeOf(work))
}

function outcomeOf(work: () => ThreadAnswer): ThreadAnswer {
  try {
    return work()
  } catch (error) {
    return failureOf(error)
  }
}

/** As much of an error as its meaning is read from; an error object itself would lose its number on the way. */
function failureOf(error: unknown): ThreadAnswer {
  const message = error instanceof Error ? error.message : String(error)
  const errcode = error instanceof Error && 'errcode' in error ? Number(error.errcode) : undefined
  const code = error instanceof StorageError ? error.code : undefined
  return { ok: false, message, ...(errcode !== undefined && { errcode }), ...(code && { code }) }
}

answer(() => {
  serve()
  return { ok: true, rows: [], changes: 0 }
})
