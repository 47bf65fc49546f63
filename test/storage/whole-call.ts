import type { Records } from '../../src/storage/open-storage.ts'
import { newCallSid, ringingCall, turnOf } from './records.ts'

/** Whom the calls of these tests are about, and somebody else. */
export const number = '+14155550123'
/** Somebody else. */
export const other = '+442079460123'
/** What is said in every call. */
export const words = 'my secret garden'

/** A call with everything that belongs to one. */
export async function wholeCall(
  records: Records,
  { from, atMs }: { from: string; atMs: number },
): Promise<string> {
  const { calls, effects } = records
  const callSid = newCallSid()
  const ended = { endedAtMs: atMs + 60_000, ending: 'callerHungUp', status: 'completed' } as const
  await calls.insertCall({ ...ringingCall(callSid), from, startedAtMs: atMs, ...ended })
  await calls.insertNonce({ nonce: `nonce ${callSid}`, callSid, issuedAtMs: atMs, expiresAtMs: atMs + 1 })
  const recordingSid = `RE${callSid.slice(2)}`
  const message = {
    messageId: recordingSid,
    callSid,
    from,
    kind: 'recording' as const,
    recordingSid,
    durationSeconds: 5,
  }
  await calls.insertMessage({ ...message, receivedAtMs: atMs })
  const proposalId = `proposal_${callSid.slice(-24)}`
  const proposal = { proposalId, sessionId: callSid, callId: 'call_1', tool: 'send_sms' }
  const said = {
    arguments: JSON.stringify({ to_number: number, body: words }),
    argumentsHash: 'ab'.repeat(32),
  }
  const who = {
    actor: await records.people.idOf(from),
    strength: 'S2',
    taint: [],
    createdAtMs: atMs,
  } as const
  await effects.insertProposal({ ...proposal, ...said, ...who }, { nonceHash: proposalId, ttlMs: 1 })
  await effects.moveConfirmation(proposalId, { state: 'denied', question: `Shall I text ${words}?` })
  const writes = [
    calls.putStream({ streamSid: `MZ${callSid}`, callSid, startedAtMs: atMs, endedAtMs: atMs }),
    calls.putSession({
      sessionKey: callSid,
      callSid,
      provider: 'p',
      model: 'm',
      startedAtMs: atMs,
      endedAtMs: atMs,
    }),
    ...[0, 1, 2].map((seq) =>
      calls.putTurn({ ...turnOf(callSid, seq, `${words} ${seq}`), startedAtMs: atMs }),
    ),
    calls.flush(),
  ]
  await Promise.all(writes)
  return callSid
}
