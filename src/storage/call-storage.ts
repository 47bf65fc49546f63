import type { NonceClaim } from '../ports/incoming-calls.ts'
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
import { closeOpenCalls, endCallAsFailed, findCall, insertCall, openCallsOf, patchCall } from './calls.ts'
import { insertMessage } from './messages.ts'
import { takeOpenCalls } from './open-calls.ts'
import { claimNonce, insertNonce, type IssuedNonce } from './nonces.ts'
import { closeOpenSessions, sessionPut } from './sessions.ts'
import type { Store } from './store.ts'
import { closeOpenStreams, putStream } from './streams.ts'
import { turnPut } from './turns.ts'
import type { WriteQueue } from './write-queue.ts'

/** Ends of calls that could not be written and are remembered; above that the oldest is forgotten. */
const maxUnwritten = 1000

/** The record of calls in a database. */
export class DatabaseCallStorage implements CallStorage {
  readonly #store: Store
  readonly #writes: WriteQueue
  readonly #unwritten = new Map<string, CallPatch>()

  constructor(store: Store) {
    this.#store = store
    this.#writes = store.writes
  }

  insertCall(call: CallRecord): Promise<void> {
    return this.#writes.add((db) => insertCall(db, { ...call, owner: this.#store.owner }), 'now')
  }

  async patchCall(callSid: string, patch: CallPatch): Promise<void> {
    try {
      await this.#writes.add((db) => patchCall(db, callSid, patch), 'soon')
    } catch (error) {
      if (patch.endedAtMs !== undefined) this.#remember(callSid, patch)
      throw error
    }
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
    // A count of tokens is told again with the next response, and at the end.
    const isCount = session.usage !== undefined && session.endedAtMs === undefined
    return this.#writes.put((db) => sessionPut(db, session), isCount ? 'later' : 'soon')
  }

  putTurn(turn: TurnRecord): Promise<void> {
    // One that begins has no words yet that could be lost.
    const isBeginning = turn.text === '' && !turn.interrupted
    return this.#writes.put((db) => turnPut(db, turn), isBeginning ? 'later' : 'soon')
  }

  insertMessage(message: MessageRecord): Promise<boolean> {
    return this.#writes.add((db) => insertMessage(db, message), 'now')
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

  async endForgotten(nowMs: number, isLive: (callSid: string) => boolean): Promise<readonly string[]> {
    const { owner } = this.#store
    const open = await this.#store.read((db) => openCallsOf(db, owner))
    const forgotten = [...open].filter((callSid) => !isLive(callSid))
    for (const callSid of this.#unwritten.keys()) if (!open.has(callSid)) this.#unwritten.delete(callSid)
    if (forgotten.length === 0) return []
    return await this.#writes.add(async (db) => {
      // One may have ended, and its end been written, since it was read.
      const stillOpen = await openCallsOf(db, owner)
      const left = forgotten.filter((callSid) => stillOpen.has(callSid))
      for (const callSid of left) {
        const end = this.#unwritten.get(callSid)
        await (end ? patchCall(db, callSid, end) : endCallAsFailed(db, callSid, nowMs))
      }
      return left
    }, 'now')
  }

  flush(): Promise<void> {
    return this.#writes.flush()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#store[Symbol.asyncDispose]()
  }
  #remember(callSid: string, end: CallPatch): void {
    this.#unwritten.set(callSid, end)
    const [oldest = ''] = this.#unwritten.keys()
    if (this.#unwritten.size > maxUnwritten) this.#unwritten.delete(oldest)
  }
}
