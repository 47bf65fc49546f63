import { createHash, randomBytes } from 'node:crypto'
import { canonicalJson } from '../../../src/lib/canonical-json.ts'
import { argumentsHash } from '../../../src/policy/arguments-hash.ts'
import type { Records } from '../../../src/storage/open-storage.ts'
import { newCallSid, startedAtMs } from '../../storage/records.ts'

const actor = 'person_0a1b2c3d4e5f60718293a4b5'

function hex(): string {
  return randomBytes(12).toString('hex')
}

/** An intent as it stands on disk after the owner's yes, right before its first byte leaves. */
export async function intentTo(
  { effects }: Pick<Records, 'effects'>,
  input: Readonly<Record<string, unknown>>,
  tool = 'make_call',
): Promise<{ readonly ref: string; readonly sessionId: string }> {
  const [proposalId, ref, sessionId] = [`proposal_x${hex()}`, `intent_x${hex()}`, newCallSid()]
  const hash = argumentsHash(tool, input)
  const nonceHash = createHash('sha256').update(hex()).digest('hex')
  const common = {
    sessionId,
    tool,
    argumentsHash: hash,
    actor,
    strength: 'S2',
    createdAtMs: startedAtMs,
  } as const
  await effects.insertProposal(
    { ...common, proposalId, callId: 'call_1', arguments: canonicalJson(input), taint: [] },
    { nonceHash, ttlMs: 30_000 },
  )
  await effects.moveConfirmation(proposalId, { state: 'confirmed' })
  const claim = await effects.claimIntent({
    ...common,
    intentId: ref,
    scope: sessionId,
    key: proposalId,
    confirmationId: proposalId,
    nonceHash,
  })
  if (!claim.ok) throw new Error(`Cannot claim the intent: ${claim.reason}`)
  return { ref, sessionId }
}
