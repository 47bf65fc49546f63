import type { CallerTurns } from './caller-turns.ts'
import { type Confirmation, isBeingAsked, type QuestionWay } from './confirmation.ts'
import type { ConsentLexicon } from './consent-lexicon.ts'

/** How the confirmations of one session behave. */
export type DeskSettings = {
  /** Whether the session is a telephone call, or written messages. */
  readonly channel: 'voice' | 'written'
  /** How long a question stays open after it was heard. */
  readonly ttlMs: number
  /** Whether the caller's speech is transcribed: without it only the keypad answers. */
  readonly transcribes: boolean
  /** Whether the server can speak a question by itself. */
  readonly hasVoice: boolean
  readonly lexicons: readonly ConsentLexicon[]
}

/** The confirmations of one session: a value, changed only by stepDesk(). */
export type ConfirmationDesk = {
  readonly settings: DeskSettings
  /** Those that are open or running, in the order of their proposal. */
  readonly records: readonly Confirmation[]
  /** The latest that are over. */
  readonly ended: readonly EndedConfirmation[]
  /** The model's tool calls so far, each with what it was bound to. */
  readonly calls: readonly { readonly callId: string; readonly hash: string }[]
  readonly turns: CallerTurns
  /** Whether nothing is taken any more. */
  readonly isClosed: boolean
}

/** What is remembered of a record that is over. */
export type EndedConfirmation = { readonly id: string; readonly hash: string; readonly sinceMs: number }

/** How the model hears that a proposal is over. */
export type ToldStatus =
  'done' | 'denied' | 'changed' | 'expired' | 'superseded' | 'cancelled' | 'failed' | 'unknown'

/** What a tool call is answered with, at once. */
export type ProposalAnswer =
  | { readonly status: 'confirmation_required'; readonly question: string }
  | { readonly status: 'pin_required'; readonly say: string }
  | {
      readonly status: 'refused'
      readonly reason: 'closing' | 'callIdReused' | 'answeredAlready' | 'decidedAlready'
    }
  | { readonly status: 'busy' }

/** Why an answer did not count. */
export type IgnoredReason =
  'noQuestion' | 'unknownItem' | 'otherSession' | 'beforeAsked' | 'afterTtl' | 'echo' | 'decidedAlready'

/** Why a record is where it is. */
export type ChangeReason =
  | 'heard'
  | 'shown'
  | 'yes'
  | 'no'
  | 'change'
  | 'unclear'
  | 'misspoken'
  | 'unheard'
  | 'cut'
  | 'questionFailed'
  | 'ttl'
  | 'neverAsked'
  | 'laterProposal'
  | 'pinRefused'
  | 'revoked'
  | 'notCommitted'
  | EndReason

/** Why a session's confirmations are over, all at once. */
export type EndReason = 'hungUp' | 'modelLost' | 'transferred' | 'stopping'

/** What has to be done. Nothing else follows from a confirmation. */
export type DeskEffect =
  /** The answer to a tool call; nothing in it could approve anything. */
  | { readonly kind: 'answerTool'; readonly callId: string; readonly output: ProposalAnswer }
  | {
      readonly kind: 'ask'
      readonly id: string
      readonly attempt: number
      readonly way: QuestionWay
      readonly text: string
    }
  /** The question under way is not to be heard any further. */
  | { readonly kind: 'stopQuestion'; readonly id: string }
  /** Run what is stored, once: at most one for each record. */
  | {
      readonly kind: 'run'
      readonly id: string
      readonly nonce: string
      readonly tool: string
      readonly arguments: string
      readonly hash: string
    }
  /** The run is not to go on: whoever has not sent anything yet sends nothing. */
  | { readonly kind: 'revoke'; readonly id: string }
  | {
      readonly kind: 'tell'
      readonly callId: string
      readonly tool: string
      readonly status: ToldStatus
    }
  /** The caller is told that a question could not be put. */
  | { readonly kind: 'announceCancelled'; readonly id: string; readonly tool: string }
  /** For the audit and the storage: where a record is now. */
  | { readonly kind: 'changed'; readonly record: Confirmation; readonly reason: ChangeReason }
  /** For the audit: an answer that did not count. */
  | { readonly kind: 'ignored'; readonly id: string | undefined; readonly reason: IgnoredReason }
  /** What becomes of an approval by a key. */
  | {
      readonly kind: 'approval'
      readonly id: string
      readonly verdict: 'accepted' | 'gone' | 'mismatch' | 'unknown'
    }

/** A desk and what has to be done. */
export type DeskStep = { readonly desk: ConfirmationDesk; readonly effects: readonly DeskEffect[] }

const MAX_ENDED = 64

/** Nothing to do. */
export function still(desk: ConfirmationDesk): DeskStep {
  return { desk, effects: [] }
}

/** One step after another, all effects in order. */
export function chain(
  desk: ConfirmationDesk,
  ...steps: readonly ((desk: ConfirmationDesk) => DeskStep)[]
): DeskStep {
  return steps.reduce<DeskStep>((before, step) => {
    const after = step(before.desk)
    return { desk: after.desk, effects: [...before.effects, ...after.effects] }
  }, still(desk))
}

/** The record that is being asked, or waits for its answer. */
export function currentQuestion(desk: ConfirmationDesk): Confirmation | undefined {
  return desk.records.find(isBeingAsked)
}

/** Puts a record in the place of its former self. */
export function withRecord(desk: ConfirmationDesk, record: Confirmation): ConfirmationDesk {
  return { ...desk, records: desk.records.map((one) => (one.id === record.id ? record : one)) }
}

/** Puts away a record that is over. */
export function withoutRecord(desk: ConfirmationDesk, record: Confirmation): ConfirmationDesk {
  const { id, hash, sinceMs } = record
  return {
    ...desk,
    records: desk.records.filter((one) => one.id !== id),
    ended: [...desk.ended, { id, hash, sinceMs }].slice(-MAX_ENDED),
  }
}
