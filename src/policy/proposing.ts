import { hasSpokenSince } from './caller-turns.ts'
import { type Confirmation, isOpen, isRunning, newConfirmation, type Proposal } from './confirmation.ts'
import {
  chain,
  type ConfirmationDesk,
  type DeskEffect,
  type DeskStep,
  type ProposalAnswer,
  withRecord,
} from './desk.ts'
import { pinPrompt } from './question.ts'
import { settleAll } from './settling.ts'

/** Proposals that wait for their question. */
const MAX_WAITING = 3
/** Effects that are under way. */
const MAX_RUNNING = 8
/** The model's tool calls that may wait for one record. */
const MAX_JOINED = 8
/** The model's tool calls of one session that are told apart. */
const MAX_CALLS = 256

/**
 * The model proposes: the tool call is answered at once. An equal proposal joins the one that is open or under way; one
 * of a later response, of the same tool with other arguments, takes the place of the former.
 */
export function onProposed(desk: ConfirmationDesk, proposal: Proposal, atMs: number): DeskStep {
  if (desk.isClosed) return answered(desk, proposal, { status: 'refused', reason: 'closing' })
  const known = desk.calls.find(({ callId }) => callId === proposal.callId)
  if (known) return onKnownCall(desk, proposal, known.hash)
  if (desk.calls.length >= MAX_CALLS) return answered(desk, proposal, { status: 'busy' })
  const remembered = { ...desk, calls: [...desk.calls, { callId: proposal.callId, hash: proposal.hash }] }
  const equal = desk.records.find((record) => isEqual(record, proposal))
  if (equal) return join(remembered, equal, proposal)
  return chain(
    remembered,
    (now) => supersedeFor(now, proposal, atMs),
    (now) => admit(now, proposal, atMs),
  )
}

/** A tool call that was seen before: never a second record, and never other arguments. */
function onKnownCall(desk: ConfirmationDesk, proposal: Proposal, hash: string): DeskStep {
  if (hash !== proposal.hash) return answered(desk, proposal, { status: 'refused', reason: 'callIdReused' })
  const record = desk.records.find(({ callIds }) => callIds.includes(proposal.callId))
  return answered(
    desk,
    proposal,
    record ? answerOf(record) : { status: 'refused', reason: 'answeredAlready' },
  )
}

function isEqual(record: Confirmation, proposal: Proposal): boolean {
  return (
    record.hash === proposal.hash &&
    record.tool === proposal.tool &&
    record.sessionId === proposal.sessionId &&
    record.actorId === proposal.actorId
  )
}

/** One record and one question for all of them. It counts as proposed by the latest response that did so. */
function join(desk: ConfirmationDesk, record: Confirmation, { callId, responseId }: Proposal): DeskStep {
  if (record.callIds.length >= MAX_JOINED) return answered(desk, { callId }, { status: 'busy' })
  const joined = { ...record, responseId, callIds: [...record.callIds, callId] }
  return answered(withRecord(desk, joined), { callId }, answerOf(joined))
}

function supersedeFor(desk: ConfirmationDesk, { tool, responseId }: Proposal, atMs: number): DeskStep {
  const isFormer = (record: Confirmation): boolean =>
    isOpen(record) && record.tool === tool && record.responseId !== responseId
  return settleAll(desk, isFormer, { state: 'superseded', reason: 'laterProposal', told: 'superseded', atMs })
}

function admit(desk: ConfirmationDesk, proposal: Proposal, atMs: number): DeskStep {
  // One that was begun and is to be asked again does not wait: it is its turn.
  const waiting = desk.records.filter((record) => isOpen(record) && record.attempts === 0).length
  const running = desk.records.filter(isRunning).length
  if (waiting >= MAX_WAITING || running >= MAX_RUNNING) return answered(desk, proposal, { status: 'busy' })
  // What was settled before is asked again only after the caller has said something more, or is saying it now.
  const notBeforeTurnAfterMs = desk.ended.findLast(({ hash }) => hash === proposal.hash)?.sinceMs
  if (notBeforeTurnAfterMs !== undefined && proposal.answerBy !== 'apiKey') {
    const isMore = hasSpokenSince(desk.turns, notBeforeTurnAfterMs) || speaksSince(desk, notBeforeTurnAfterMs)
    if (!isMore) return answered(desk, proposal, { status: 'refused', reason: 'decidedAlready' })
  }
  const { ttlMs } = desk.settings
  const record = newConfirmation(proposal, { createdAtMs: atMs, ttlMs, notBeforeTurnAfterMs })
  return answered({ ...desk, records: [...desk.records, record] }, proposal, answerOf(record))
}

function speaksSince({ turns }: ConfirmationDesk, atMs: number): boolean {
  return turns.open.some(({ startedAtMs }) => startedAtMs > atMs)
}

function answerOf(record: Confirmation): ProposalAnswer {
  return record.answerBy === 'callerWithPin'
    ? { status: 'pin_required', say: pinPrompt }
    : { status: 'confirmation_required', question: record.questions[0] }
}

function answered(
  desk: ConfirmationDesk,
  { callId }: { readonly callId: string },
  output: ProposalAnswer,
): DeskStep {
  const effect: DeskEffect = { kind: 'answerTool', callId, output }
  return { desk, effects: [effect] }
}
