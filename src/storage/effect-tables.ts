import type { ErrandStatus } from '../ports/errand-report.ts'
import type { NoticeOutcome } from '../ports/notices.ts'
import type { ConfirmationState, OutcomeRecord, ProposalRecord } from '../ports/effects.ts'

/** One row per tool call that the model asked for. */
export type ProposalsTable = {
  proposal_id: string
  session_id: string
  call_id: string
  tool: string
  arguments: string
  arguments_hash: string
  actor: string
  strength: ProposalRecord['strength']
  taint: string
  created_at: string
}

/** One row per proposal that needs a yes. */
export type ConfirmationsTable = {
  proposal_id: string
  nonce_hash: string
  state: ConfirmationState
  ttl_ms: number
  attempts: number
  question: string | null
  asked_at: string | null
  decided_at: string | null
  evidence: string | null
  used_at: string | null
  created_at: string
  owner: number
}

/** One row per effect that was about to be. */
export type IntentsTable = {
  intent_id: string
  scope: string
  key: string
  tool: string
  arguments_hash: string
  session_id: string
  actor: string
  strength: ProposalRecord['strength']
  confirmation_id: string | null
  destination_hash: string | null
  destination_last4: string | null
  range_hash: string | null
  created_at: string
  audit_seq: number
  owner: number
}

/** One row per intent of which something is known. */
export type OutcomesTable = {
  intent_id: string
  state: OutcomeRecord['state']
  provider_id: string | null
  code: string | null
  settled_at: string
  shown_at: string | null
  told_at: string | null
}

/** One row per call that was placed for an intent. */
export type ErrandsTable = {
  ref: string
  call_sid: string
  session_id: string
  taken_at: string
  status: ErrandStatus | null
  reported_at: string | null
  notice: NoticeOutcome | null
}
