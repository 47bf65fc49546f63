import type { Kysely } from 'kysely'
import type { Clock } from '../lib/clock.ts'
import type { Database } from './database.ts'
import { deadProcesses, type DeadProcesses } from './processes.ts'
import type { Schema } from './schema.ts'
import { StorageError } from './storage-error.ts'
import type { WriteQueue } from './write-queue.ts'

const maxScrubs = 20
const betweenScrubsMs = 250

/**
 * An open database with its one queue of writes, as every kind of record uses it. Every read first lets the writes
 * finish that were asked for before it, so that nobody meets an older record than their own.
 */
export class Store implements AsyncDisposable {
  readonly writes: WriteQueue
  /** Looks who has died; in a write. */
  readonly deadProcesses: DeadProcesses
  readonly #database: Database
  readonly #clock: Clock
  #closing: Promise<void> | undefined

  constructor(database: Database, writes: WriteQueue, clock: Clock) {
    this.#database = database
    this.writes = writes
    this.#clock = clock
    const { owner, isSettled } = database
    this.deadProcesses = deadProcesses({ owner, isSettled, clock })
  }

  /** The number of this process among all that ever used the database. */
  get owner(): number {
    return this.#database.owner
  }

  /**
   * Reads; several queries see one state of the database.
   * @throws StorageError (as a rejection)
   */
  async read<T>(query: (db: Kysely<Schema>) => Promise<T>): Promise<T> {
    if (this.#closing) throw new StorageError('closed')
    await this.writes.flush()
    const first = await this.#tryRead(query)
    // A connection may have broken while nobody used it; the next try opens another.
    const outcome = first.ok || first.error.code !== 'lost' ? first : await this.#tryRead(query)
    if (!outcome.ok) throw outcome.error
    return outcome.value
  }

  /**
   * Sees to it that nothing of removed rows is left in any file, as far as the files are ours; while somebody reads, it
   * is tried again for five seconds.
   * @returns whether it was done; not on a full disk either
   */
  async scrub(): Promise<boolean> {
    const { files } = this.#database
    if (!files) return false
    const tried = await this.#repeated(() => files.rewrite().then(() => 'done'))
    return tried && (await this.#repeated(() => files.dropLog()))
  }

  /** Finishes what waits and closes the database. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.writes.close().then(() => this.#database.close())
    return this.#closing
  }

  async #repeated(work: () => Promise<'done' | 'busy'>): Promise<boolean> {
    for (let tries = 0; ; tries += 1) {
      await this.writes.flush()
      const outcome = await work().catch((error: unknown) => this.#database.meaningOf(error))
      if (outcome !== 'busy' || tries === maxScrubs) return outcome === 'done'
      await new Promise<void>((resume) => this.#clock.setTimer(betweenScrubsMs, resume))
    }
  }

  async #tryRead<T>(
    query: (db: Kysely<Schema>) => Promise<T>,
  ): Promise<
    { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: StorageError }
  > {
    try {
      return { ok: true, value: await this.#database.reader.transaction().execute(query) }
    } catch (error) {
      return { ok: false, error: new StorageError(this.#database.meaningOf(error), { cause: error }) }
    }
  }
}
