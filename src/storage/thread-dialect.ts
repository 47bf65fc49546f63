import type { CompiledQuery, DatabaseConnection, Driver, QueryResult } from 'kysely'
import type { WritingThread } from './writing-thread.ts'

type Statement = { readonly sql: string; readonly parameters: readonly unknown[] }

/**
 * Kysely's way to a database in another thread. Within a transaction, statements that answer nothing are kept until an
 * answer is needed, at the latest by the commit, and travel together: most transactions are one message each way. So a
 * statement that fails is told by the one that follows, and how many rows it changed by none.
 */
export class ThreadDriver implements Driver {
  readonly #thread: WritingThread
  readonly #connection: ThreadConnection

  constructor(thread: WritingThread) {
    this.#thread = thread
    this.#connection = new ThreadConnection(thread)
  }

  init(): Promise<void> {
    return Promise.resolve()
  }

  /** There is one; Kysely lets one user at a time have it, because the dialect says so. */
  acquireConnection(): Promise<DatabaseConnection> {
    return Promise.resolve(this.#connection)
  }

  beginTransaction(): Promise<void> {
    return this.#connection.begin()
  }

  commitTransaction(): Promise<void> {
    return this.#connection.end('commit')
  }

  rollbackTransaction(): Promise<void> {
    return this.#connection.end('rollback')
  }

  releaseConnection(): Promise<void> {
    return Promise.resolve()
  }

  destroy(): Promise<void> {
    return this.#thread.close()
  }
}

class ThreadConnection implements DatabaseConnection {
  readonly #thread: WritingThread
  #kept: Statement[] = []
  #isInTransaction = false

  constructor(thread: WritingThread) {
    this.#thread = thread
  }

  begin(): Promise<void> {
    this.#isInTransaction = true
    this.#kept = [{ sql: 'begin', parameters: [] }]
    return Promise.resolve()
  }

  async end(how: 'commit' | 'rollback'): Promise<void> {
    const kept = how === 'commit' ? this.#kept : []
    this.#kept = []
    await this.#thread.run([...kept, { sql: how, parameters: [] }])
    this.#isInTransaction = false
  }

  async executeQuery<R>({ sql, parameters, query }: CompiledQuery): Promise<QueryResult<R>> {
    const isKept = this.#isInTransaction && answersNothing(query)
    this.#kept.push({ sql, parameters })
    if (isKept) return { rows: [] }
    const statements = this.#kept
    this.#kept = []
    const { rows, changes } = await this.#thread.run(statements)
    return { rows: rows as R[], numAffectedRows: BigInt(changes) }
  }

  streamQuery(): never {
    throw new TypeError('Cannot stream from the writing connection: the reading one is for that')
  }
}

/** Whether a statement only changes rows, so that nobody can be waiting for what it says. */
function answersNothing(query: CompiledQuery['query']): boolean {
  const { kind } = query
  const changes = kind === 'InsertQueryNode' || kind === 'UpdateQueryNode' || kind === 'DeleteQueryNode'
  return changes && query.returning === undefined
}
