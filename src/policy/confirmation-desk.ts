import * as answering from './answering.ts'
import * as asking from './asking.ts'
import { type CallerTurn, type CallerTurns, noTurns, turnDueAtMs } from './caller-turns.ts'
import {
  type Confirmation,
  isAboutToRun,
  isBeingAsked,
  isOpen,
  isRunning,
  type Proposal,
} from './confirmation.ts'
import {
  chain,
  type ConfirmationDesk,
  type DeskEffect,
  type DeskSettings,
  type DeskStep,
  type EndReason,
  still,
  withRecord,
} from './desk.ts'
import { onProposed } from './proposing.ts'
import { confirm, finish, revoke, settle, settleAll } from './settling.ts'

/** What happens to the confirmations of a session. Every event carries its monotonic time, none goes back in it. */
export type DeskEvent = { readonly atMs: number } & (
  | { readonly kind: 'proposed'; readonly proposal: Proposal }
  | ({ readonly kind: 'questionStarted' | 'questionMark' | 'questionShown' | 'questionFailed' } & OfQuestion)
  | ({
      readonly kind: 'questionSent'
      readonly audioMs: number
      readonly spoken: string | undefined
    } & OfQuestion)
  /** Everything that was queued for the caller was thrown away. */
  | { readonly kind: 'cleared' }
  /** An item of the caller's own audio begins. */
  | { readonly kind: 'speechStarted'; readonly itemId: string; readonly sessionId: string }
  | { readonly kind: 'speechStopped'; readonly itemId: string }
  | { readonly kind: 'transcript'; readonly itemId: string; readonly text: string }
  | { readonly kind: 'transcriptFailed'; readonly itemId: string }
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: 'message'; readonly sessionId: string; readonly text: string }
  /** A key of the API with the scope approves. */
  | { readonly kind: 'approved'; readonly id: string; readonly hash: string; readonly keyName: string }
  | { readonly kind: 'pinRight' }
  | { readonly kind: 'pinRefused' }
  /** The intent of a run is written, and nothing was sent yet. */
  | { readonly kind: 'intentCommitted'; readonly id: string }
  | { readonly kind: 'finished'; readonly id: string; readonly status: 'done' | 'failed' | 'unknown' }
  | { readonly kind: 'ended'; readonly reason: EndReason }
  /** The time that nextDeadlineMs() named has come. */
  | { readonly kind: 'time' }
)

type OfQuestion = { readonly id: string; readonly attempt: number }
type Deadline = {
  readonly dueAtMs: number
  readonly fire: (desk: ConfirmationDesk) => DeskStep
  /** Whether it may let a yes decide that waits for words: when its timer is late, words that came sooner still count. */
  readonly endsWait?: boolean
}

/** A proposal that is not asked about within this many lives of a question is over. */
const WAITING_LIVES = 10
/** So long after something that may have been an answer the question is put again, if nothing else came. */
const UNHEEDED_MS = 4_000
/** The intent of a run is written within this, or the run is called back. */
const COMMIT_MS = 5_000

/**
 * The confirmations of a session that begins.
 * @param turns what the caller has said before
 */
export function newDesk(settings: DeskSettings, turns: CallerTurns = noTurns): ConfirmationDesk {
  return { settings, records: [], ended: [], calls: [], turns, isClosed: false }
}

/**
 * The whole of the confirmation protocol: a pure function from where the confirmations of a session stand and what
 * happened to where they stand now and what has to be done. What is overdue at an event happens before it, but for a
 * yes that waits for words: they come first.
 */
export function stepDesk(desk: ConfirmationDesk, event: DeskEvent): DeskStep {
  return chain(
    desk,
    (now) => overdue(now, event, ({ endsWait }) => endsWait !== true),
    (now) => handle(now, event),
    (now) => overdue(now, event),
    (now) => asking.askNext(now, event.atMs),
  )
}

/** When something falls due by itself, in monotonic milliseconds; undefined when nothing does. */
export function nextDeadlineMs(desk: ConfirmationDesk): number | undefined {
  return deadlines(desk)[0]?.dueAtMs
}

/** Whether anything waits for a question or an answer: so long the model's session is not replaced. */
export function hasOpenConfirmation(desk: ConfirmationDesk): boolean {
  return desk.records.some(isOpen)
}

/** Whether an effect is under way that was said yes to, or is about to be. */
export function hasRunningEffect(desk: ConfirmationDesk): boolean {
  return desk.records.some(isRunning)
}

/** Whether a question is on its way, or heard and not answered. */
export function isQuestionOpen(desk: ConfirmationDesk): boolean {
  return desk.records.some(isBeingAsked)
}

/**
 * Whether the keypad belongs to a question: also after a yes, for as long as a no still comes in time. At any other time
 * its keys are the PIN.
 */
export function takesKeys(desk: ConfirmationDesk): boolean {
  return isQuestionOpen(desk) || desk.records.some(isAboutToRun)
}

function handle(desk: ConfirmationDesk, event: DeskEvent): DeskStep {
  switch (event.kind) {
    case 'proposed':
      return onProposed(desk, event.proposal, event.atMs)
    case 'questionStarted':
      return asking.onQuestionStarted(desk, event)
    case 'questionSent':
      return asking.onQuestionSent(desk, event)
    case 'questionMark':
      return asking.onQuestionMark(desk, event)
    case 'questionShown':
      return asking.onQuestionShown(desk, event)
    case 'questionFailed':
      return asking.onQuestionFailed(desk, event)
    case 'cleared':
      return asking.onCleared(desk, event.atMs)
    case 'speechStarted':
      return answering.onSpeechStarted(desk, event)
    case 'speechStopped':
      return answering.onSpeechStopped(desk, event)
    case 'transcript':
      return answering.onWords(desk, event)
    case 'transcriptFailed':
      return answering.onWords(desk, { ...event, text: undefined })
    case 'key':
      return answering.onKey(desk, event)
    case 'message':
      return answering.onMessage(desk, event)
    case 'approved':
      return onApproved(desk, event)
    case 'pinRight':
      return still({ ...desk, records: desk.records.map(withPin) })
    case 'pinRefused':
      return settleAll(desk, awaitsPin, {
        state: 'denied',
        reason: 'pinRefused',
        told: 'denied',
        atMs: event.atMs,
      })
    case 'intentCommitted':
      return onIntentCommitted(desk, event.id)
    case 'finished':
      return onFinished(desk, event)
    case 'ended':
      return onEnded(desk, event)
    case 'time':
      return still(desk)
  }
}

/** A key may approve what is open, asked or not, by naming exactly what it approves. */
function onApproved(desk: ConfirmationDesk, event: Extract<DeskEvent, { kind: 'approved' }>): DeskStep {
  const { id, hash, keyName, atMs } = event
  const record = desk.records.find((one) => one.id === id)
  const verdict = (given: 'accepted' | 'gone' | 'mismatch' | 'unknown') => (now: ConfirmationDesk) =>
    ({ desk: now, effects: [{ kind: 'approval', id, verdict: given }] }) as const
  if (!record) return verdict(desk.ended.some((one) => one.id === id) ? 'gone' : 'unknown')(desk)
  if (!isOpen(record)) return verdict('gone')(desk)
  if (record.hash !== hash) return verdict('mismatch')(desk)
  const evidence = { by: 'apiKey', keyName, atMs } as const
  return chain(desk, (now) => confirm(now, record, { evidence, atMs }), verdict('accepted'))
}

function awaitsPin(record: Confirmation): boolean {
  return isOpen(record) && record.answerBy === 'callerWithPin'
}

/** What waited for the PIN is asked now, without another tool call. */
function withPin(record: Confirmation): Confirmation {
  return awaitsPin(record) ? { ...record, answerBy: 'caller', strength: 'S3' } : record
}

/** Anything but a run that still stands is called back: its intent must not lead to an effect. */
function onIntentCommitted(desk: ConfirmationDesk, id: string): DeskStep {
  const record = desk.records.find((one) => one.id === id)
  if (record?.state === 'confirmed' && record.use === 'unused')
    return still(withRecord(desk, { ...record, use: 'committed' }))
  return { desk, effects: [{ kind: 'revoke', id }] }
}

function onFinished(desk: ConfirmationDesk, event: Extract<DeskEvent, { kind: 'finished' }>): DeskStep {
  const record = desk.records.find((one) => one.id === event.id)
  if (record?.state !== 'confirmed') return still(desk)
  return finish(desk, { ...record, sinceMs: event.atMs }, { use: 'finished', status: event.status })
}

function onEnded(desk: ConfirmationDesk, event: Extract<DeskEvent, { kind: 'ended' }>): DeskStep {
  const { reason, atMs } = event
  const isClosed = desk.isClosed || reason === 'hungUp' || reason === 'stopping'
  // A lost session brings no more words of what was being said.
  const turns = { ...desk.turns, open: [] }
  return settleAll({ ...desk, isClosed, turns }, isOpen, {
    state: 'cancelled',
    reason,
    told: 'cancelled',
    atMs,
  })
}

/** Everything that fell due before an event, in its order; what falls due at the very moment comes after it. */
function overdue(
  desk: ConfirmationDesk,
  event: DeskEvent,
  which: (deadline: Deadline) => boolean = () => true,
): DeskStep {
  const effects: DeskEffect[] = []
  let now = desk
  for (;;) {
    const deadline = deadlines(now).find(which)
    const isDue =
      deadline && (deadline.dueAtMs < event.atMs || (event.kind === 'time' && deadline.dueAtMs <= event.atMs))
    if (!isDue) return { desk: now, effects }
    const step = deadline.fire(now)
    effects.push(...step.effects)
    now = step.desk
  }
}

/** Every deadline there is, the first one first. */
function deadlines(desk: ConfirmationDesk): readonly Deadline[] {
  const all = [
    ...desk.turns.open.map((turn) => deadlineOfTurn(desk, turn)),
    ...desk.records.flatMap((record) => deadlineOf(desk, record) ?? []),
  ]
  return all.toSorted((one, other) => one.dueAtMs - other.dueAtMs)
}

function deadlineOfTurn(desk: ConfirmationDesk, turn: CallerTurn): Deadline {
  const dueAtMs = turnDueAtMs(turn)
  const over = { text: undefined, atMs: dueAtMs }
  const endsWait = desk.records.some(({ accepted }) => accepted !== undefined)
  return { dueAtMs, fire: (now) => answering.onTurnOver(now, turn, over), endsWait }
}

/** What falls due for a record by itself: each wait of the protocol has its end here. */
function deadlineOf(desk: ConfirmationDesk, record: Confirmation): Deadline | undefined {
  const { state, use, asking: onItsWay, sinceMs, accepted, createdAtMs, ttlMs } = record
  if (state === 'confirmed') {
    const dueAtMs = sinceMs + COMMIT_MS
    if (use !== 'unused') return undefined
    const why = { reason: 'notCommitted', told: 'failed', atMs: dueAtMs } as const
    return { dueAtMs, fire: (now) => revoke(now, record, why) }
  }
  if (onItsWay) {
    const dueAtMs = asking.askingDueAtMs(onItsWay)
    return { dueAtMs, fire: (now) => asking.notHeard(now, record, dueAtMs) }
  }
  if (accepted) {
    const dueAtMs = accepted.untilMs
    const yes = { evidence: accepted.evidence, atMs: dueAtMs }
    return { dueAtMs, fire: (now) => confirm(now, record, yes), endsWait: true }
  }
  if (state === 'asked') {
    if (answering.isAnswering(desk, record)) return undefined
    return unheededDue(record) ?? expiry(record, { atMs: sinceMs + ttlMs, reason: 'ttl' })
  }
  return expiry(record, { atMs: createdAtMs + WAITING_LIVES * ttlMs, reason: 'neverAsked' })
}

/** A caller who thinks to have answered is not left in silence until the question is too old. */
function unheededDue(record: Confirmation): Deadline | undefined {
  const { unheededAtMs, sinceMs, ttlMs } = record
  if (unheededAtMs === undefined) return undefined
  const dueAtMs = Math.max(unheededAtMs, sinceMs) + UNHEEDED_MS
  if (dueAtMs > sinceMs + ttlMs) return undefined
  return { dueAtMs, fire: (now) => asking.askAgain(now, record, dueAtMs) }
}

function expiry(
  record: Confirmation,
  { atMs, reason }: { readonly atMs: number; readonly reason: 'ttl' | 'neverAsked' },
): Deadline {
  const ending = { state: 'expired', told: 'expired', reason, atMs } as const
  return { dueAtMs: atMs, fire: (desk) => settle(desk, record, ending) }
}
