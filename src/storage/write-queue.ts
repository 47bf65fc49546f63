import { setImmediate as nextTurnOfTheLoop } from 'node:timers/promises'
import type { CompiledQuery, Kysely } from 'kysely'
import { type Clock, sharedTickWithin, type Timer } from '../lib/clock.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { Database } from './database.ts'
import type { Schema } from './schema.ts'
import { StorageError } from './storage-error.ts'

/** One write: run inside a transaction, told afterwards how that ended. */
type Waiting = {
  readonly run: (db: Kysely<Schema>) => Promise<void>
  /** What the write is, where it is one statement and needs no answer. */
  readonly statement?: CompiledQuery
  readonly done: () => void
  readonly failed: (error: StorageError) => void
}

/** When a write is to be on disk: at once, within `batchMs`, or with the next of these, and within eight times `batchMs`. */
export type Urgency = 'now' | 'soon' | 'later'

/** What the queue is bounded by and reports to. */
export type WriteQueueOptions = {
  readonly database: Database
  readonly clock: Clock
  readonly metrics: Metrics
  /** The longest time a write waits for company. */
  readonly batchMs: number
  /** Above this many waiting writes a further one is refused. */
  readonly maxQueuedWrites: number
}

/** Writes per transaction. At a measured 0.05 ms a row a full one keeps the audio waiting for 2 ms at most. */
const maxBatchRows = 32
const maxBusyMs = 5000
/** What makes no hurry waits for so many times the time of what does. */
const laterTimes = 8
const firstBusyDelayMs = 10

/**
 * All writes of the process, in the order in which they were asked for. Several share a transaction; one that is
 * urgent starts it at once and takes along all that were asked for before.
 */
export class WriteQueue {
  readonly #options: WriteQueueOptions
  readonly #waiting: Waiting[] = []
  #timer: Timer | undefined
  #dueMs = 0
  #draining: Promise<void> | undefined
  #isClosed = false

  constructor(options: WriteQueueOptions) {
    this.#options = options
  }

  /**
   * Asks for a write.
   * @returns what the write answered, once it is on disk
   * @throws StorageError (as a rejection): `full` and `closed` at once, the others when the write was tried
   */
  async add<T>(run: (db: Kysely<Schema>) => Promise<T>, urgency: Urgency): Promise<T> {
    return await new Promise<T>((resolve, reject) => {
      let answer: { readonly value: T } | undefined
      const write = async (db: Kysely<Schema>): Promise<void> => {
        answer = { value: await run(db) }
      }
      this.#push({ run: write, done: () => answer && resolve(answer.value), failed: reject }, urgency)
    })
  }

  /**
   * Asks for a row to be written.
   * @param statement makes the statement for a kind of database
   * @throws StorageError (as a rejection) like `add`
   */
  async put(statement: (db: Kysely<Schema>) => CompiledQuery, urgency: Urgency): Promise<void> {
    await new Promise<void>((done, failed) => {
      const query = statement(this.#options.database.writer)
      const run = async (db: Kysely<Schema>): Promise<void> => void (await db.executeQuery(query))
      this.#push({ run, statement: query, done, failed }, urgency)
    })
  }

  /** Resolves when everything asked for so far was tried. */
  async flush(): Promise<void> {
    if (this.#waiting.length > 0) this.#drainNow()
    await this.#draining
  }

  /** Refuses further writes and finishes those that wait. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.flush()
  }

  #push(write: Waiting, urgency: Urgency): void {
    if (this.#isClosed) return write.failed(new StorageError('closed'))
    if (this.#waiting.length >= this.#options.maxQueuedWrites) return write.failed(new StorageError('full'))
    this.#waiting.push(write)
    // Those that fill a transaction have company enough: what comes by the hundred must not fill the queue.
    const isSoon = urgency === 'soon' || this.#waiting.length >= maxBatchRows
    if (urgency === 'now') this.#drainNow()
    else this.#drainWithin(isSoon ? this.#options.batchMs : laterTimes * this.#options.batchMs)
  }

  #drainWithin(waitMs: number): void {
    const { clock } = this.#options
    const nowMs = clock.nowMs()
    if (this.#timer && this.#dueMs <= nowMs + waitMs) return
    this.#timer?.cancel()
    const delayMs = sharedTickWithin(nowMs, waitMs)
    this.#dueMs = nowMs + delayMs
    this.#timer = clock.setTimer(delayMs, () => this.#drainNow())
  }

  #drainNow(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#draining ??= this.#drain()
  }

  async #drain(): Promise<void> {
    // Writes asked for in the same turn of the loop share the first transaction.
    await Promise.resolve()
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, maxBatchRows)
      await this.#commit(batch)
      if (this.#waiting.length > 0) await nextTurnOfTheLoop()
    }
    // INVARIANT: nothing is awaited between seeing the queue empty and saying so, or a write asked for there would wait
    // for ever.
    this.#draining = undefined
  }

  async #commit(batch: readonly Waiting[]): Promise<void> {
    const error = await this.#tryCommit(batch)
    if (!error) return this.#settle(batch, undefined)
    const isOwnFault = error.code === 'constraint' || error.code === 'failed'
    if (batch.length === 1 || !isOwnFault) return this.#settle(batch, error)
    // One write spoils the transaction for all: apart, only that one fails.
    for (const write of batch) this.#settle([write], await this.#tryCommit([write]))
  }

  #settle(batch: readonly Waiting[], error: StorageError | undefined): void {
    this.#options.metrics.count(
      'storage_writes_total',
      { outcome: error ? error.code : 'committed' },
      batch.length,
    )
    for (const write of batch) {
      if (error) write.failed(error)
      else write.done()
    }
  }

  /**
   * Commits, and tries again while another process has the database, or when the connection broke before there was
   * anything to commit; the event loop runs meanwhile.
   */
  async #tryCommit(batch: readonly Waiting[]): Promise<StorageError | undefined> {
    const { clock, database, metrics } = this.#options
    const startedMs = clock.nowMs()
    for (let delayMs = firstBusyDelayMs; ; delayMs *= 2) {
      let isCommitting = false
      try {
        const statements = batch.flatMap(({ statement }) => statement ?? [])
        if (database.writeTogether && statements.length === batch.length) {
          await database.writeTogether(statements)
        } else {
          await database.writer.transaction().execute(async (transaction) => {
            for (const write of batch) await write.run(transaction)
            isCommitting = true
          })
        }
        break
      } catch (error) {
        const code = database.meaningOf(error)
        const leftMs = startedMs + maxBusyMs - clock.nowMs()
        const isUndone = code === 'busy' || (code === 'lost' && !isCommitting)
        if (!isUndone || leftMs <= 0) return new StorageError(code, { cause: error })
        await new Promise<void>((resume) => clock.setTimer(Math.min(delayMs, leftMs), resume))
      }
    }
    metrics.observe('storage_commit_ms', clock.nowMs() - startedMs)
    return undefined
  }
}
