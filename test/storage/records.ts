import type { CallStatus } from '../../src/ports/incoming-calls.ts'
import type { CallRecord, SessionRecord, TurnRecord } from '../../src/ports/storage.ts'

/** When every call of these tests began, in Unix milliseconds. */
export const startedAtMs = Date.UTC(2026, 10, 20, 9)
let calls = 0

/** A CallSid that no other test uses. */
export function newCallSid(): string {
  calls += 1
  return `CA${calls.toString(16).padStart(32, '0')}`
}

/** A call that has just begun. */
export function ringingCall(callSid = newCallSid()): CallRecord {
  return {
    callSid,
    direction: 'inbound',
    from: '+14155550101',
    to: '+14155550100',
    persona: 'receptionist',
    actor: 'external',
    status: 'ringing',
    startedAtMs,
  }
}

/** A turn with nothing optional. */
export function turnOf(callSid: string, seq: number, text = `turn ${seq}`): TurnRecord {
  return {
    callSid,
    seq,
    speaker: seq % 2 === 0 ? 'agent' : 'caller',
    text,
    source: 'transcript',
    startedAtMs: startedAtMs + seq,
    interrupted: false,
  }
}

/** A session that is opened. */
export function openedSession(callSid: string): SessionRecord {
  return { sessionKey: `${callSid}:0`, callSid, provider: 'openai', model: 'gpt-realtime-2.1', startedAtMs }
}

/** The same when it has used tokens. */
export function countedSession(callSid: string): SessionRecord {
  const usage = {
    inputTextTokens: 10,
    inputAudioTokens: 20,
    cachedTextTokens: 0,
    cachedAudioTokens: 0,
    outputTextTokens: 5,
    outputAudioTokens: 50,
  }
  return { ...openedSession(callSid), usage }
}

const final = 4
/** Every status with its place in a call's life. */
export const statusOrder: ReadonlyMap<CallStatus, number> = new Map([
  ['unknown', -1],
  ['queued', 0],
  ['initiated', 1],
  ['ringing', 2],
  ['in-progress', 3],
  ['completed', final],
  ['busy', final],
  ['no-answer', final],
  ['failed', final],
  ['canceled', final],
])

/** What a call's status must be after these came: the first final status one, or else the furthest. */
export function furthest(arrived: readonly CallStatus[]): CallStatus {
  const orderOf = (status: CallStatus) => statusOrder.get(status) ?? -1
  const ended = arrived.find((status) => orderOf(status) === final)
  return (
    ended ?? arrived.reduce((best, status) => (orderOf(status) > orderOf(best) ? status : best), 'queued')
  )
}
