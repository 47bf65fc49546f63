import type { AuditEvent, AuditKind } from '../ports/audit.ts'
import type { CallStatus } from '../ports/incoming-calls.ts'
import type { NoticeOutcome } from '../ports/notices.ts'
import type { CallEnding, CallRecord, MessageContent, TurnRecord } from '../ports/storage.ts'
import type {
  ConfirmationsTable,
  ErrandsTable,
  IntentsTable,
  OutcomesTable,
  ProposalsTable,
} from './effect-tables.ts'
import type {
  ConsentsTable,
  ContactsTable,
  EventsTable,
  OptOutsTable,
  PeopleTable,
  PinTriesTable,
  UsageTable,
} from './people-tables.ts'

/**
 * The tables, in types that SQLite and PostgreSQL share: ids and times as text (ISO 8601 in UTC, which sorts as it
 * reads), JSON as text, booleans as 0 and 1, lengths in whole milliseconds.
 */
export type Schema = {
  calls: CallsTable
  streams: StreamsTable
  sessions: SessionsTable
  turns: TurnsTable
  nonces: NoncesTable
  messages: MessagesTable
  other_processes: OtherProcessesView
  audit: AuditTable
  audit_head: AuditHeadTable
  people: PeopleTable
  facts: FactsTable
  proposals: ProposalsTable
  confirmations: ConfirmationsTable
  intents: IntentsTable
  outcomes: OutcomesTable
  errands: ErrandsTable
  contacts: ContactsTable
  events: EventsTable
  opt_outs: OptOutsTable
  consents: ConsentsTable
  usage: UsageTable
  pin_tries: PinTriesTable
}

/** One row per call. */
export type CallsTable = {
  call_sid: string
  direction: CallRecord['direction']
  from_number: string
  to_number: string
  persona: string
  actor: CallRecord['actor']
  status: CallStatus
  /** Order of the status, so that one UPDATE can refuse to go back. */
  status_rank: number
  started_at: string
  answered_at: string | null
  ended_at: string | null
  ending: CallEnding | null
  duration_seconds: number | null
  /** The process that has the call; null from before there could be several. */
  owner: number | null
}

/** Processes that use this database now, without the one that asks. */
export type OtherProcessesView = { owner: number }

/** One row per media websocket. */
export type StreamsTable = {
  stream_sid: string
  call_sid: string
  started_at: string
  ended_at: string | null
  end_reason: string | null
  frames_in: number | null
  frames_out: number | null
}

/** One row per Realtime connection. */
export type SessionsTable = {
  session_key: string
  call_sid: string
  provider: string
  model: string
  started_at: string
  provider_session_id: string | null
  ready_at: string | null
  ended_at: string | null
  end_reason: string | null
  usage: string | null
}

/** One row per turn. */
export type TurnsTable = {
  call_sid: string
  seq: number
  speaker: TurnRecord['speaker']
  text: string
  source: TurnRecord['source']
  started_at: string
  interrupted: number
  heard_ms: number | null
  first_delta_ms: number | null
  first_media_ms: number | null
  first_mark_ms: number | null
}

/** One row per message that a caller left. */
export type MessagesTable = {
  message_id: string
  call_sid: string
  from_number: string
  kind: MessageContent['kind']
  recording_sid: string | null
  duration_seconds: number | null
  body: string | null
  caller_name: string | null
  call_back: string | null
  received_at: string
  notice: NoticeOutcome | null
}

/** One row per media nonce. */
export type NoncesTable = {
  /** SHA-256 of the nonce, base64url. */
  nonce: string
  call_sid: string
  issued_at: string
  expires_at: string
  claimed_at: string | null
}

/** One row per record of the audit log. */
export type AuditTable = {
  seq: number
  wall: string
  monotonic_ms: number
  kind: AuditKind
  actor: string | null
  strength: Exclude<AuditEvent['strength'], undefined> | null
  session: string | null
  tool: string | null
  arguments_hash: string | null
  data: string
  prev: string
  hash: string
}

/** One row: the record that was written last, and up to which one they have been removed. */
export type AuditHeadTable = {
  id: number
  seq: number
  hash: string
  removed_to: number
}

/** What the database knows of itself. */
export type FactsTable = { name: string; value: string }
