import {
  type Asking,
  type Confirmation,
  isOpen,
  moved,
  questionAt,
  type QuestionWay,
} from './confirmation.ts'
import { hasSpokenSince } from './caller-turns.ts'
import {
  type ChangeReason,
  chain,
  type ConfirmationDesk,
  currentQuestion,
  type DeskStep,
  still,
  withRecord,
} from './desk.ts'
import { sameWords } from './same-words.ts'
import { settle } from './settling.ts'

/** Questions for one record, in all. */
const MAX_ATTEMPTS = 3
/** A question spoken otherwise than written this often is spoken by the server's own voice, if there is one. */
const MAX_MISSPOKEN = 2
/** A question not heard this often, although nobody cut it, is given up. */
const MAX_UNHEARD = 2
/** A question takes at least this share of its audio's length to be heard. */
const HEARD_SHARE = 0.8
/** The mark behind a question comes back within this after the end of its audio. */
const MARK_MS = 5_000
/** A question that was asked for is sent whole within this. */
const SENT_MS = 20_000

/** What happens to a question on its way; the attempt tells a late word on an earlier one from this one. */
type OfQuestion = { readonly id: string; readonly attempt: number; readonly atMs: number }

/**
 * Begins the next question, when there is one and its time has come: none is open, no run is about to begin, and the
 * caller neither speaks nor has said anything whose words are not known yet.
 */
export function askNext(desk: ConfirmationDesk, atMs: number): DeskStep {
  if (currentQuestion(desk) || desk.turns.open.length > 0) return still(desk)
  // A no may still be meant for what was confirmed last: another question would take it.
  if (desk.records.some(({ state, use }) => state === 'confirmed' && use === 'unused')) return still(desk)
  const waiting = desk.records.filter((record) => isOpen(record) && isAskable(desk, record))
  const record = waiting.find(({ attempts }) => attempts > 0) ?? waiting[0]
  return record ? ask(desk, record, atMs) : still(desk)
}

/** Whether a question will be put as soon as nothing is in its way: the caller's words, or what was said yes to last. */
export function isQuestionDue(desk: ConfirmationDesk): boolean {
  return desk.records.some((record) => isOpen(record) && isAskable(desk, record))
}

/** The first frame of the question was sent. */
export function onQuestionStarted(desk: ConfirmationDesk, event: OfQuestion): DeskStep {
  const found = onItsWay(desk, event)
  if (!found || isWritten(found.asking) || found.asking.startedAtMs !== undefined) return still(desk)
  return still(withAsking(desk, found.record, { ...found.asking, startedAtMs: event.atMs }))
}

/**
 * The last frame of the question was sent, and a mark behind it.
 * @param event.spoken the final transcript of what the model said
 */
export function onQuestionSent(
  desk: ConfirmationDesk,
  event: OfQuestion & { readonly audioMs: number; readonly spoken: string | undefined },
): DeskStep {
  const found = onItsWay(desk, event)
  if (!found || isWritten(found.asking) || found.asking.audioMs !== undefined) return still(desk)
  const { record, asking } = found
  if (asking.way === 'model' && !sameWords(event.spoken ?? '', questionAt(record, asking.number)))
    return tryAgain(desk, { ...record, misspoken: record.misspoken + 1 }, { ...event, reason: 'misspoken' })
  // INVARIANT: a question without a first frame or without length was not heard.
  if (asking.startedAtMs === undefined || !(event.audioMs > 0)) return notHeard(desk, record, event.atMs)
  return still(withAsking(desk, record, { ...asking, audioMs: event.audioMs }))
}

/** The mark behind the question came back: it was heard, if there was time enough to hear it. */
export function onQuestionMark(desk: ConfirmationDesk, event: OfQuestion): DeskStep {
  const found = onItsWay(desk, event)
  const { startedAtMs, audioMs } = found?.asking ?? {}
  if (!found || startedAtMs === undefined || audioMs === undefined) return still(desk)
  const hadTime = event.atMs - startedAtMs >= HEARD_SHARE * audioMs
  return hadTime
    ? heard(desk, found.record, { ...event, reason: 'heard' })
    : notHeard(desk, found.record, event.atMs)
}

/** The question stands in writing before whoever is to answer it. */
export function onQuestionShown(desk: ConfirmationDesk, event: OfQuestion): DeskStep {
  const found = onItsWay(desk, event)
  if (!found || !isWritten(found.asking)) return still(desk)
  return heard(desk, found.record, { ...event, reason: 'shown' })
}

/** What was queued for the caller was thrown away: a question that was on its way is cut. */
export function onCleared(desk: ConfirmationDesk, atMs: number): DeskStep {
  const record = desk.records.find(({ asking }) => asking?.startedAtMs !== undefined)
  return record ? tryAgain(desk, record, { atMs, reason: 'cut' }) : still(desk)
}

/** The question could not be spoken, or was broken off before its first frame. */
export function onQuestionFailed(desk: ConfirmationDesk, event: OfQuestion): DeskStep {
  const found = onItsWay(desk, event)
  return found ? tryAgain(desk, found.record, { ...event, reason: 'questionFailed' }) : still(desk)
}

/** When a question on its way is given up, in monotonic milliseconds. */
export function askingDueAtMs({ requestedAtMs, startedAtMs, audioMs }: Asking): number {
  if (startedAtMs === undefined || audioMs === undefined) return requestedAtMs + SENT_MS
  return startedAtMs + audioMs + MARK_MS
}

/** The question was not heard, although nobody cut it: once more, the second time it is given up. */
export function notHeard(desk: ConfirmationDesk, record: Confirmation, atMs: number): DeskStep {
  return tryAgain(desk, { ...record, unheard: record.unheard + 1 }, { atMs, reason: 'unheard' })
}

/** The answer could not be relied on: the question is put in other words, at last it is a no. */
export function askAgain(desk: ConfirmationDesk, record: Confirmation, atMs: number): DeskStep {
  if (record.attempts >= MAX_ATTEMPTS)
    return settle(desk, record, { state: 'denied', reason: 'unclear', told: 'denied', atMs })
  return back(desk, record, { atMs, reason: 'unclear' })
}

function ask(desk: ConfirmationDesk, record: Confirmation, atMs: number): DeskStep {
  const attempt = record.attempts + 1
  const way = wayOf(desk, record)
  const asking = { number: attempt, way, requestedAtMs: atMs, startedAtMs: undefined, audioMs: undefined }
  return {
    desk: withRecord(desk, { ...record, attempts: attempt, asking }),
    effects: [{ kind: 'ask', id: record.id, attempt, way, text: questionAt(record, attempt) }],
  }
}

function wayOf({ settings }: ConfirmationDesk, record: Confirmation): QuestionWay {
  if (settings.channel === 'written') return 'written'
  return record.misspoken >= MAX_MISSPOKEN ? 'server' : 'model'
}

function isAskable(desk: ConfirmationDesk, record: Confirmation): boolean {
  const { answerBy, notBeforeTurnAfterMs } = record
  if (answerBy !== 'caller') return false
  return notBeforeTurnAfterMs === undefined || hasSpokenSince(desk.turns, notBeforeTurnAfterMs)
}

function onItsWay(
  desk: ConfirmationDesk,
  { id, attempt }: OfQuestion,
): { readonly record: Confirmation; readonly asking: Asking } | undefined {
  const record = desk.records.find((one) => one.id === id)
  return record?.asking?.number === attempt ? { record, asking: record.asking } : undefined
}

/** What is written is not spoken: nobody hears it, and no mark shows that it was read. */
function isWritten({ way }: Asking): boolean {
  return way === 'written'
}

function withAsking(desk: ConfirmationDesk, record: Confirmation, asking: Asking): ConfirmationDesk {
  return withRecord(desk, { ...record, asking })
}

function heard(
  desk: ConfirmationDesk,
  record: Confirmation,
  { atMs, reason }: { readonly atMs: number; readonly reason: ChangeReason },
): DeskStep {
  const asked = moved(record, { state: 'asked', atMs })
  return { desk: withRecord(desk, asked), effects: [{ kind: 'changed', record: asked, reason }] }
}

/** What was said of the question is thrown away, and it waits for its next time, if it has one. */
function tryAgain(
  desk: ConfirmationDesk,
  record: Confirmation,
  why: { readonly atMs: number; readonly reason: ChangeReason },
): DeskStep {
  const mute = record.misspoken >= MAX_MISSPOKEN && !desk.settings.hasVoice
  if (!mute && record.attempts < MAX_ATTEMPTS && record.unheard < MAX_UNHEARD)
    return chain(
      desk,
      (now) => ({ desk: now, effects: [{ kind: 'stopQuestion', id: record.id }] }),
      (now) => back(now, record, why),
    )
  return chain(
    desk,
    (now) => settle(now, record, { state: 'cancelled', told: 'cancelled', ...why }),
    (now) => ({ desk: now, effects: [{ kind: 'announceCancelled', id: record.id, tool: record.tool }] }),
  )
}

function back(
  desk: ConfirmationDesk,
  record: Confirmation,
  { atMs, reason }: { readonly atMs: number; readonly reason: ChangeReason },
): DeskStep {
  const waiting = moved(record, { state: 'proposed', atMs })
  return { desk: withRecord(desk, waiting), effects: [{ kind: 'changed', record: waiting, reason }] }
}
