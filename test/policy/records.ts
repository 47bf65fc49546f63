import { type Confirmation, newConfirmation, type Proposal } from '../../src/policy/confirmation.ts'

/** A proposal to text somebody, with whatever is to be different. */
export function proposal(change: Partial<Proposal> = {}): Proposal {
  return {
    id: 'confirmation-1',
    nonce: '0123456789abcdef0123456789abcdef',
    callId: 'call_1',
    responseId: 'resp_1',
    tool: 'send_sms',
    arguments: '{"body":"Hello","to_number":"+14155550123"}',
    hash: 'hash-1',
    sessionId: 'session-1',
    actorId: 'owner',
    strength: 'S2',
    taint: [],
    questions: ['Shall I?', 'Shall I, again?', 'Shall I, at last?'],
    answerBy: 'caller',
    ...change,
  }
}

/** A record of such a proposal, with whatever is to be different. */
export function confirmation(change: Partial<Confirmation> = {}): Confirmation {
  return {
    ...newConfirmation(proposal(), { createdAtMs: 0, ttlMs: 30_000, notBeforeTurnAfterMs: undefined }),
    ...change,
  }
}
