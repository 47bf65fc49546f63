import type { Kysely } from 'kysely'
import { z } from 'zod'
import type { ProposalRecord } from '../ports/effects.ts'
import { timeMs, timeText } from './columns.ts'
import type { ProposalsTable } from './effect-tables.ts'
import type { Schema } from './schema.ts'

const taintSchema = z.array(z.string())

/** Inserts a proposal. */
export async function insertProposal(db: Kysely<Schema>, proposal: ProposalRecord): Promise<void> {
  await db
    .insertInto('proposals')
    .values({
      proposal_id: proposal.proposalId,
      session_id: proposal.sessionId,
      call_id: proposal.callId,
      tool: proposal.tool,
      arguments: proposal.arguments,
      arguments_hash: proposal.argumentsHash,
      actor: proposal.actor,
      strength: proposal.strength,
      taint: JSON.stringify(proposal.taint),
      created_at: timeText(proposal.createdAtMs),
    })
    .execute()
}

/** Reads one proposal. */
export async function findProposal(
  db: Kysely<Schema>,
  proposalId: string,
): Promise<ProposalRecord | undefined> {
  const row = await db
    .selectFrom('proposals')
    .selectAll()
    .where('proposal_id', '=', proposalId)
    .executeTakeFirst()
  return row && proposalOf(row)
}

/** A row as the port tells it. */
export function proposalOf(row: ProposalsTable): ProposalRecord {
  return {
    proposalId: row.proposal_id,
    sessionId: row.session_id,
    callId: row.call_id,
    tool: row.tool,
    arguments: row.arguments,
    argumentsHash: row.arguments_hash,
    actor: row.actor,
    strength: row.strength,
    taint: taintSchema.parse(JSON.parse(row.taint)),
    createdAtMs: timeMs(row.created_at),
  }
}
