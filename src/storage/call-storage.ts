import type { Kysely } from 'kysely'
import type { NonceClaim } from '../ports/incoming-calls.ts'
import type { NoticeOutcome } from '../ports/owner-notice.ts'
import type {
  CallPatch,
  CallRecord,
  CallStorage,
  CompleteCall,
  MessageRecord,
  OrphanRecord,
  SessionRecord,
  StreamRecord,
  TurnRecord,
} from '../ports/storage.ts'
import { completeCall } from './complete-call.ts'
import { closeOpenCalls, findCall, insertCall, patchCall } from './calls.ts'
import type { Database } from './database.ts'
import { insertMessage, setNotice } from './messages.ts'
import { openCalls } from './open-calls.ts'
import { claimNonce, insertNonce, openNonce, type IssuedNonce } from './nonces.ts'
import type { Schema } from './schema.ts'
import { closeOpenSessions, putSession } from './sessions.ts'
import { StorageError } from './storage-error.ts'
import { closeOpenStreams, putStream } from './streams.ts'
import { putTurn } from './turns.ts'
import type { WriteQueue } from './write-queue.ts'

/**
 * The record of calls in a database. Every read first lets the writes finish that were asked for before it, so that
 * nobody meets an older record than their own.
 */
export class DatabaseCallStorage implements CallStorage {
  readonly #database: Database
  readonly #writes: WriteQueue
  #closing: Promise<void> | undefined

  constructor(database: Database, writes: WriteQueue) {
    this.#database = database
    this.#writes = writes
  }

  insertCall(call: CallRecord): Promise<void> {
    return this.#writes.add((db) => insertCall(db, call), 'now')
  }

  patchCall(callSid: string, patch: CallPatch): Promise<void> {
    return this.#writes.add((db) => patchCall(db, callSid, patch), 'soon')
  }

  findCall(callSid: string): Promise<CallRecord | undefined> {
    return this.#read((db) => findCall(db, callSid))
  }

  completeCall(callSid: string): Promise<CompleteCall | undefined> {
    return this.#read((db) => completeCall(db, callSid))
  }

  putStream(stream: StreamRecord): Promise<void> {
    return this.#writes.add((db) => putStream(db, stream), 'soon')
  }

  putSession(session: SessionRecord): Promise<void> {
    return this.#writes.add((db) => putSession(db, session), 'soon')
  }

  putTurn(turn: TurnRecord): Promise<void> {
    return this.#writes.add((db) => putTurn(db, turn), 'soon')
  }

  insertMessage(message: MessageRecord): Promise<boolean> {
    return this.#writes.add((db) => insertMessage(db, message), 'now')
  }

  setNotice(messageId: string, notice: NoticeOutcome): Promise<void> {
    return this.#writes.add((db) => setNotice(db, messageId, notice), 'soon')
  }

  insertNonce(nonce: IssuedNonce): Promise<void> {
    return this.#writes.add((db) => insertNonce(db, nonce), 'now')
  }

  claimNonce(nonce: string, nowMs: number): Promise<NonceClaim> {
    return this.#writes.add((db) => claimNonce(db, nonce, nowMs), 'now')
  }

  openNonce(callSid: string, nowMs: number): Promise<string | undefined> {
    return this.#read((db) => openNonce(db, callSid, nowMs))
  }

  orphans(nowMs: number): Promise<readonly OrphanRecord[]> {
    return this.#writes.add(async (db) => {
      await closeOpenStreams(db, nowMs)
      await closeOpenSessions(db, nowMs)
      return await openCalls(db)
    }, 'now')
  }

  closeOrphans(nowMs: number): Promise<readonly string[]> {
    return this.#writes.add(async (db) => {
      await closeOpenStreams(db, nowMs)
      await closeOpenSessions(db, nowMs)
      return await closeOpenCalls(db, nowMs)
    }, 'now')
  }

  flush(): Promise<void> {
    return this.#writes.flush()
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#writes.close().then(() => this.#database.close())
    return this.#closing
  }

  async #read<T>(query: (db: Kysely<Schema>) => Promise<T>): Promise<T> {
    if (this.#closing) throw new StorageError('closed')
    await this.#writes.flush()
    try {
      // A transaction gives several queries one view of the database.
      return await this.#database.reader.transaction().execute(query)
    } catch (error) {
      throw new StorageError(this.#database.meaningOf(error), { cause: error })
    }
  }
}
