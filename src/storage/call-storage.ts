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
import { insertMessage, setNotice } from './messages.ts'
import { takeOpenCalls } from './open-calls.ts'
import { claimNonce, insertNonce, type IssuedNonce } from './nonces.ts'
import { closeOpenSessions, putSession } from './sessions.ts'
import type { Store } from './store.ts'
import { closeOpenStreams, putStream } from './streams.ts'
import { putTurn } from './turns.ts'
import type { WriteQueue } from './write-queue.ts'

/** The record of calls in a database. */
export class DatabaseCallStorage implements CallStorage {
  readonly #store: Store
  readonly #writes: WriteQueue

  constructor(store: Store) {
    this.#store = store
    this.#writes = store.writes
  }

  insertCall(call: CallRecord): Promise<void> {
    return this.#writes.add((db) => insertCall(db, { ...call, owner: this.#store.owner }), 'now')
  }

  patchCall(callSid: string, patch: CallPatch): Promise<void> {
    return this.#writes.add((db) => patchCall(db, callSid, patch), 'soon')
  }

  findCall(callSid: string): Promise<CallRecord | undefined> {
    return this.#store.read((db) => findCall(db, callSid))
  }

  completeCall(callSid: string): Promise<CompleteCall | undefined> {
    return this.#store.read((db) => completeCall(db, callSid))
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

  orphans(nowMs: number): Promise<readonly OrphanRecord[]> {
    const { owner: mine } = this.#store
    return this.#writes.add(async (db) => {
      const dead = await this.#store.deadProcesses(db)
      await closeOpenStreams(db, nowMs, dead)
      await closeOpenSessions(db, nowMs, dead)
      return await takeOpenCalls(db, { mine, dead })
    }, 'now')
  }

  closeOrphans(nowMs: number): Promise<readonly string[]> {
    return this.#writes.add(async (db) => {
      const dead = await this.#store.deadProcesses(db)
      await closeOpenStreams(db, nowMs, dead)
      await closeOpenSessions(db, nowMs, dead)
      return await closeOpenCalls(db, nowMs, dead)
    }, 'now')
  }

  flush(): Promise<void> {
    return this.#writes.flush()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#store[Symbol.asyncDispose]()
  }
}
