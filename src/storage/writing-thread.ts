import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { meaningOf } from './sqlite-failure.ts'
import { StorageError } from './storage-error.ts'
import type { ThreadAnswer, ThreadOrder } from './thread-messages.ts'

/** It compiles a few dozen statements and passes rows on: an eighth of what it would get by itself. */
const threadMemory = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 64 }

type Done = Extract<ThreadAnswer, { ok: true }>

/** An error of SQLite that happened in the writing thread. */
export class ThreadFailure extends Error {
  /** SQLite's result code; 1, the unspecific one, where it was not SQLite that failed. */
  readonly errcode: number

  constructor(message: string, errcode: number) {
    super(message)
    this.name = 'ThreadFailure'
    this.errcode = errcode
  }
}

/**
 * The writing connection to a database, in a thread of its own. A commit waits for the disk: 1 ms at best, 25 on a busy
 * machine, and nobody's audio may wait along.
 */
export class WritingThread {
  readonly #worker: Worker
  /** Answers that are to come, in the order in which they were asked for. */
  readonly #waiting: { readonly done: (answer: Done) => void; readonly failed: (error: Error) => void }[] = []
  readonly #exited: Promise<unknown>
  #isOver = false

  private constructor(path: string) {
    this.#worker = new Worker(new URL('sqlite-thread.ts', import.meta.url), {
      workerData: { path },
      resourceLimits: threadMemory,
    })
    this.#exited = once(this.#worker, 'exit')
    this.#worker.on('message', (answer: ThreadAnswer) => this.#onAnswer(answer))
    // INVARIANT: an error listener stays for life; without one a thread that dies would end the process.
    this.#worker.on('error', () => this.#onEnd())
    this.#worker.on('exit', () => this.#onEnd())
  }

  /**
   * Starts the thread and opens the database in it.
   * @throws StorageError `corrupt` when the file is damaged or no database, `failed` when it cannot be opened
   */
  static async open(path: string): Promise<WritingThread> {
    const thread = new WritingThread(path)
    try {
      await thread.#answer()
      return thread
    } catch (error) {
      await thread.#worker.terminate()
      throw error instanceof StorageError ? error : new StorageError(meaningOf(error), { cause: error })
    }
  }

  /**
   * Runs statements in order, up to the first that fails.
   * @returns what the last one did
   * @throws ThreadFailure when one failed, or the thread is gone
   */
  run(statements: ThreadOrder['statements']): Promise<Done> {
    if (this.#isOver) return Promise.reject(threadGone())
    this.#worker.postMessage({ statements } satisfies ThreadOrder)
    return this.#answer()
  }

  /**
   * Runs statements as one transaction.
   * @throws ThreadFailure when one failed, and none of them has changed anything
   */
  async runTogether(statements: ThreadOrder['statements']): Promise<void> {
    const rows = statements.map(({ sql, parameters }) => ({ sql, parameters }))
    await this.run([{ sql: 'begin', parameters: [] }, ...rows, { sql: 'commit', parameters: [] }])
  }

  /** Finishes what was asked for and closes the database. */
  async close(): Promise<void> {
    if (!this.#isOver) this.#worker.postMessage({ statements: [] } satisfies ThreadOrder)
    await this.#exited
  }

  #answer(): Promise<Done> {
    return new Promise((done, failed) => this.#waiting.push({ done, failed }))
  }

  #onAnswer(answer: ThreadAnswer): void {
    const next = this.#waiting.shift()
    if (answer.ok) return next?.done(answer)
    const { message, code, errcode = 1 } = answer
    next?.failed(code ? new StorageError(code) : new ThreadFailure(message, errcode))
  }

  #onEnd(): void {
    this.#isOver = true
    for (const { failed } of this.#waiting.splice(0)) failed(threadGone())
  }
}

function threadGone(): ThreadFailure {
  return new ThreadFailure('The writing thread is gone', 1)
}
