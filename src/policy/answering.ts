import { askAgain } from './asking.ts'
import { type CallerTurn, openTurn, turnOver, turnStarted, turnStopped } from './caller-turns.ts'
import { type Confirmation, type ConfirmationEvidence, isAboutToRun, questionAt } from './confirmation.ts'
import { classifyAnswer, type Consent, isEcho } from './consent.ts'
import {
  chain,
  type ConfirmationDesk,
  currentQuestion,
  type DeskStep,
  type IgnoredReason,
  still,
  withRecord,
} from './desk.ts'
import { confirm, revoke, settle } from './settling.ts'
import { wordsOf } from './words.ts'

/** Speech that starts sooner after the question was heard is no answer to it: nobody reacts as fast. */
const REACTION_MS = 200
/** A yes waits this long for words of the caller that are not known yet: they may be a no. */
const LAST_WORDS_MS = 2_000

/** An answer that was understood, and what would prove it. */
type Answer = {
  readonly says: Consent
  readonly evidence: ConfirmationEvidence
  readonly atMs: number
}

/** A record whose yes waits for other words. */
type Accepted = Confirmation & { readonly accepted: NonNullable<Confirmation['accepted']> }

/** The caller begins to speak. Only what begins here, on the caller's own track, can become an answer. */
export function onSpeechStarted(
  desk: ConfirmationDesk,
  event: { readonly itemId: string; readonly sessionId: string; readonly atMs: number },
): DeskStep {
  if (desk.settings.channel !== 'voice') return still(desk)
  return still({ ...desk, turns: turnStarted(desk.turns, event) })
}

/** The caller pauses. Without a transcription that is all there will be. */
export function onSpeechStopped(
  desk: ConfirmationDesk,
  event: { readonly itemId: string; readonly atMs: number },
): DeskStep {
  const turn = openTurn(desk.turns, event.itemId)
  if (turn && !desk.settings.transcribes) return still({ ...desk, turns: turnOver(desk.turns, turn, true) })
  return still({ ...desk, turns: turnStopped(desk.turns, event.itemId, event.atMs) })
}

/**
 * The final words of an item, or that there are none.
 * @param event.text undefined when the transcription failed
 */
export function onWords(
  desk: ConfirmationDesk,
  event: { readonly itemId: string; readonly text: string | undefined; readonly atMs: number },
): DeskStep {
  const turn = openTurn(desk.turns, event.itemId)
  // An item of another kind, of another time, or one whose words came too late.
  return turn ? onTurnOver(desk, turn, event) : ignored(desk, 'unknownItem')
}

/** A turn of the caller is over: with words, or without because none came in time. */
export function onTurnOver(
  desk: ConfirmationDesk,
  turn: CallerTurn,
  { text, atMs }: { readonly text: string | undefined; readonly atMs: number },
): DeskStep {
  const hasWords = text !== undefined && wordsOf(text).length > 0
  const now = { ...desk, turns: turnOver(desk.turns, turn, hasWords) }
  // Without a transcription only the keypad answers.
  if (!desk.settings.transcribes) return still(now)
  const says = text === undefined ? 'unknown' : classifyAnswer(text, desk.settings.lexicons)
  const evidence = { by: 'speech', itemId: turn.itemId, startedAtMs: turn.startedAtMs } as const
  const record = decidable(now)
  if (!record) return tooEarly(now, says, atMs)
  const objection = objectionTo(record, turn, { text: text ?? '', desk })
  const answer = { says: objection ? objectedSays(says) : says, evidence, atMs }
  const { accepted } = record
  if (accepted) return onLastWords(now, { ...record, accepted }, answer)
  // A no to a question that was heard comes never too late, as long as a yes may still come.
  const isLateNo = says === 'no' && (isAboutToRun(record) || objection === 'afterTtl')
  if (!objection || isLateNo) return onAnswer(now, record, answer)
  return notTaken(now, record, { objection, text, atMs })
}

/** A key of the telephone: 1 is yes, 2 is no, any other is no answer. */
export function onKey(
  desk: ConfirmationDesk,
  { key, atMs }: { readonly key: string; readonly atMs: number },
): DeskStep {
  if (desk.settings.channel !== 'voice') return ignored(desk, 'noQuestion')
  const record = decidable(desk)
  if (!record) return onEarlyKey(desk, { key, atMs })
  const says = key === '1' ? 'yes' : key === '2' ? 'no' : 'unknown'
  const answer: Answer = { says, evidence: { by: 'keypad', atMs }, atMs }
  const { accepted } = record
  if (accepted) return onLastWords(desk, { ...record, accepted }, answer)
  const counts = !isTooLate(record, atMs) || (isAboutToRun(record) && says === 'no')
  return counts ? onAnswer(desk, record, answer) : ignored(desk, 'afterTtl')
}

/** A written message: the first one after the question is its answer. */
export function onMessage(
  desk: ConfirmationDesk,
  event: { readonly sessionId: string; readonly text: string; readonly atMs: number },
): DeskStep {
  const { sessionId, text, atMs } = event
  if (desk.settings.channel !== 'written') return ignored(desk, 'noQuestion')
  const turn = { itemId: 'message', sessionId, startedAtMs: atMs, stoppedAtMs: atMs }
  const now = { ...desk, turns: turnOver(desk.turns, turn, wordsOf(text).length > 0) }
  const record = decidable(now)
  if (!record) return ignored(now, 'noQuestion')
  const { lexicons } = desk.settings
  if (sessionId !== record.sessionId) return ignored(now, 'otherSession')
  if (isTooLate(record, atMs)) return ignored(now, 'afterTtl')
  if (isEcho({ answer: text, question: questionAt(record, record.attempts) }, lexicons))
    return ignored(now, 'echo')
  return onAnswer(now, record, {
    says: classifyAnswer(text, lexicons),
    evidence: { by: 'message', atMs },
    atMs,
  })
}

/** Whether words are on their way that may answer a question: its time is not over before they have come. */
export function isAnswering(desk: ConfirmationDesk, record: Confirmation): boolean {
  if (!desk.settings.transcribes) return false
  return desk.turns.open.some((turn) => timeOfTurn(record, turn) === undefined)
}

/** The record that an answer of now is for: the one that was asked, or the one that is about to run on a yes. */
function decidable(desk: ConfirmationDesk): Confirmation | undefined {
  return desk.records.find(({ state }) => state === 'asked') ?? desk.records.find(isAboutToRun)
}

/** What an answer does that counts. */
function onAnswer(desk: ConfirmationDesk, record: Confirmation, answer: Answer): DeskStep {
  const { says, evidence, atMs } = answer
  if (record.state === 'confirmed') return onSecondThoughts(desk, record, { says, atMs })
  switch (says) {
    case 'yes':
      return accept(desk, record, { evidence, atMs })
    case 'no':
      return settle(desk, record, { state: 'denied', reason: 'no', told: 'denied', atMs, evidence })
    case 'change':
      return settle(desk, record, { state: 'superseded', reason: 'change', told: 'changed', atMs, evidence })
    case 'unknown':
      return askAgain(desk, record, atMs)
  }
}

/** A no that arrives before the intent is written wins over the yes before it; so does a change. */
function onSecondThoughts(
  desk: ConfirmationDesk,
  record: Confirmation,
  { says, atMs }: Pick<Answer, 'says' | 'atMs'>,
): DeskStep {
  switch (says) {
    case 'no':
      return revoke(desk, record, { reason: 'revoked', told: 'denied', atMs })
    case 'change':
      return revoke(desk, record, { reason: 'revoked', told: 'changed', atMs })
    case 'yes':
    case 'unknown':
      return ignored(desk, 'decidedAlready')
  }
}

/** A yes decides at once, unless the caller has said something else whose words are not known yet. */
function accept(
  desk: ConfirmationDesk,
  record: Confirmation,
  yes: { readonly evidence: ConfirmationEvidence; readonly atMs: number },
): DeskStep {
  if (!awaitsWords(desk)) return confirm(desk, record, yes)
  const accepted = { evidence: yes.evidence, untilMs: yes.atMs + LAST_WORDS_MS }
  return still(withRecord(desk, { ...record, accepted }))
}

/** Something came while a yes waits: a no or a change wins, anything else leaves it at the yes. */
function onLastWords(desk: ConfirmationDesk, record: Accepted, answer: Answer): DeskStep {
  const { says, atMs } = answer
  if (says === 'no' || says === 'change') return onAnswer(desk, record, answer)
  if (awaitsWords(desk)) return ignored(desk, 'decidedAlready')
  return confirm(desk, record, { evidence: record.accepted.evidence, atMs })
}

function awaitsWords({ settings, turns }: ConfirmationDesk): boolean {
  return settings.transcribes && turns.open.length > 0
}

/** While a yes waits, a no counts whenever its turn began; a change only counts as an answer does. */
function objectedSays(says: Consent): Consent {
  return says === 'no' ? 'no' : 'unknown'
}

/** Why a turn is no answer to a record, or undefined when it is one. */
function objectionTo(
  record: Confirmation,
  turn: CallerTurn,
  { text, desk }: { readonly text: string; readonly desk: ConfirmationDesk },
): IgnoredReason | undefined {
  const untimely = timeOfTurn(record, turn)
  if (untimely !== undefined) return untimely
  const question = questionAt(record, record.attempts)
  return isEcho({ answer: text, question }, desk.settings.lexicons) ? 'echo' : undefined
}

function timeOfTurn(record: Confirmation, turn: CallerTurn): IgnoredReason | undefined {
  if (turn.sessionId !== record.sessionId) return 'otherSession'
  // INVARIANT: without a question that was heard, or a time that is one, there is no time after it.
  const { askedAtMs } = record
  if (askedAtMs === undefined || !(turn.startedAtMs >= askedAtMs + REACTION_MS)) return 'beforeAsked'
  return isTooLate(record, turn.startedAtMs) ? 'afterTtl' : undefined
}

function isTooLate({ askedAtMs, ttlMs }: Confirmation, atMs: number): boolean {
  return askedAtMs === undefined || !(atMs <= askedAtMs + ttlMs)
}

/**
 * Nothing was asked yet. A clear word while a question is on its way is worth a record: it seems to be an answer, and
 * the question is put again soon if no other comes.
 */
function tooEarly(desk: ConfirmationDesk, says: Consent, atMs: number): DeskStep {
  const question = currentQuestion(desk)
  if (!question || says === 'unknown') return still(desk)
  return unheeded(desk, question, { reason: 'beforeAsked', atMs })
}

/** A key into a question that is not over: a no needs none, anything else comes too early. */
function onEarlyKey(
  desk: ConfirmationDesk,
  { key, atMs }: { readonly key: string; readonly atMs: number },
): DeskStep {
  const question = currentQuestion(desk)
  if (!question) return ignored(desk, 'noQuestion')
  if (key !== '2') return unheeded(desk, question, { reason: 'beforeAsked', atMs })
  const evidence = { by: 'keypad', atMs } as const
  return settle(desk, question, { state: 'denied', reason: 'no', told: 'denied', atMs, evidence })
}

/**
 * Words that do not count as an answer and may be one leave no question behind that the next yes would answer, whatever
 * that is about: it is put again. What may be its own echo gets time in which the caller answers.
 */
function notTaken(
  desk: ConfirmationDesk,
  record: Confirmation,
  words: { readonly objection: IgnoredReason; readonly text: string | undefined; readonly atMs: number },
): DeskStep {
  const { objection, text, atMs } = words
  const mayBeAnswer = text === undefined || wordsOf(text).length > 0
  const isOfQuestion = objection === 'beforeAsked' || objection === 'echo'
  if (record.state !== 'asked' || !mayBeAnswer || !isOfQuestion) return ignored(desk, objection)
  const question = questionAt(record, record.attempts)
  if (isEcho({ answer: text ?? '', question }, desk.settings.lexicons))
    return unheeded(desk, record, { reason: objection, atMs })
  return chain(
    desk,
    (now) => ignored(now, objection),
    (now) => askAgain(now, record, atMs),
  )
}

function unheeded(
  desk: ConfirmationDesk,
  record: Confirmation,
  { reason, atMs }: { readonly reason: IgnoredReason; readonly atMs: number },
): DeskStep {
  return {
    desk: withRecord(desk, { ...record, unheededAtMs: atMs }),
    effects: [{ kind: 'ignored', id: record.id, reason }],
  }
}

function ignored(desk: ConfirmationDesk, reason: IgnoredReason): DeskStep {
  const id = decidable(desk)?.id
  return chain(desk, (now) => ({ desk: now, effects: [{ kind: 'ignored', id, reason }] }))
}
