import { randomBytes } from 'node:crypto'
import type { ConfirmationState, IntentDraft, ProposalRecord } from '../../src/ports/effects.ts'
import type { Records } from '../../src/storage/open-storage.ts'
import { newCallSid, startedAtMs } from './records.ts'

export const argumentsHash = 'ab'.repeat(32)
export const actor = 'person_0a1b2c3d4e5f60718293a4b5'
export const destination = '+14155550123'

/** An id that nobody has. */
export function newId(prefix: string): string {
  // Digits alone could be a number in disguise, which no record of the audit log keeps.
  return `${prefix}_x${randomBytes(12).toString('hex')}`
}

/** What a model asked for, in a call of its own. */
export function newProposal(): ProposalRecord {
  return {
    proposalId: newId('proposal'),
    sessionId: newCallSid(),
    callId: newId('call'),
    tool: 'send_sms',
    arguments: `{"body":"Käse, 5 €","to_number":"${destination}"}`,
    argumentsHash,
    actor,
    strength: 'S2',
    taint: ['mail'],
    createdAtMs: startedAtMs,
  }
}

/** What an intent is claimed with, in a call of its own. */
export function newDraft(more: Partial<IntentDraft> = {}): IntentDraft {
  return {
    intentId: newId('intent'),
    scope: newCallSid(),
    key: newId('key'),
    tool: 'send_sms',
    argumentsHash,
    sessionId: newCallSid(),
    actor,
    strength: 'S2',
    createdAtMs: startedAtMs + 5,
    ...more,
  }
}

/** A proposal whose confirmation stands in the given state, and the intent that would follow from a yes. */
export async function confirmable({ effects }: Records, state: ConfirmationState) {
  const proposal = newProposal()
  const nonceHash = randomBytes(32).toString('hex')
  await effects.insertProposal(proposal, { nonceHash, ttlMs: 30_000 })
  if (state !== 'proposed') await effects.moveConfirmation(proposal.proposalId, { state })
  const { proposalId: confirmationId, sessionId } = proposal
  return newDraft({ confirmationId, sessionId, nonceHash })
}

/** The records of a kind. */
export async function audited({ audit }: Records, kind: string) {
  return (await audit.page({ afterSeq: 0, maxRecords: 1000 })).filter((record) => record.kind === kind)
}
