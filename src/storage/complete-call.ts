import type { Kysely } from 'kysely'
import type { CompleteCall } from '../ports/storage.ts'
import { findCall } from './calls.ts'
import { messagesOf } from './messages.ts'
import type { Schema } from './schema.ts'
import { sessionsOf } from './sessions.ts'
import { streamsOf } from './streams.ts'
import { turnsOf } from './turns.ts'

/** Reads everything that is stored about one call; undefined when there is no such call. */
export async function completeCall(db: Kysely<Schema>, callSid: string): Promise<CompleteCall | undefined> {
  const call = await findCall(db, callSid)
  if (!call) return undefined
  const streams = await streamsOf(db, callSid)
  const sessions = await sessionsOf(db, callSid)
  const turns = await turnsOf(db, callSid)
  return { call, streams, sessions, turns, messages: await messagesOf(db, callSid) }
}
