import type { Strength } from './strength.ts'

/** Where a proposal of the model stands. The last five are final. */
export type ConfirmationState =
  'proposed' | 'asked' | 'confirmed' | 'denied' | 'expired' | 'superseded' | 'cancelled'

/** What became of a confirmed record: each is used at most once. A no that still came in time revokes it. */
export type ConfirmationUse = 'unused' | 'committed' | 'revoked' | 'finished'

/** Why the answer that decided was believed. */
export type ConfirmationEvidence =
  | { readonly by: 'speech'; readonly itemId: string; readonly startedAtMs: number }
  | { readonly by: 'keypad'; readonly atMs: number }
  | { readonly by: 'message'; readonly atMs: number }
  | { readonly by: 'apiKey'; readonly keyName: string; readonly atMs: number }

/** What the model asked for, after its arguments were checked and the policy did not refuse it. */
export type Proposal = {
  /** Names the record to operators and callers; gives no power. */
  readonly id: string
  /** 128 random bits in hexadecimal: known to nobody who could approve by it. */
  readonly nonce: string
  readonly callId: string
  /** The model's response that holds the tool call. */
  readonly responseId: string
  readonly tool: string
  /** Canonical JSON: what is asked about is what is run. */
  readonly arguments: string
  /** See argumentsHash(). */
  readonly hash: string
  readonly sessionId: string
  readonly actorId: string
  readonly strength: Strength
  /** Kinds of untrusted content that the turn held. */
  readonly taint: readonly string[]
  /** What is said at the first, the second and the third asking. */
  readonly questions: readonly [string, string, string]
  /** The version of the calendar's event that the questions name, for a tool that changes one. */
  readonly eventVersion?: number | undefined
  /** Who can answer: whoever is on the line, only a key of the API, or the caller once a PIN was right. */
  readonly answerBy: 'caller' | 'apiKey' | 'callerWithPin'
}

/** One question on its way to the caller's ear. Times are monotonic milliseconds. */
export type Asking = {
  readonly number: number
  readonly way: QuestionWay
  readonly requestedAtMs: number
  /** When its first audio frame was sent. */
  readonly startedAtMs: number | undefined
  /** How long its audio is, once its last frame and a mark behind it were sent. */
  readonly audioMs: number | undefined
}

/** How a question is spoken: by the model, by the server's own voice, or written. */
export type QuestionWay = 'model' | 'server' | 'written'

/** A proposal with everything that happened to it. */
export type Confirmation = Proposal & {
  /** The model's tool calls that wait for it: the one that proposed and those that joined. */
  readonly callIds: readonly string[]
  readonly state: ConfirmationState
  readonly use: ConfirmationUse
  readonly createdAtMs: number
  /** Life of the question, from when it was heard. */
  readonly ttlMs: number
  /** Questions begun, cut ones included. */
  readonly attempts: number
  /** Questions that were spoken otherwise than they were written. */
  readonly misspoken: number
  /** Questions that were not heard although nobody cut them. */
  readonly unheard: number
  readonly asking: Asking | undefined
  readonly askedAtMs: number | undefined
  /** No question before the caller has begun another turn after this; undefined when there is no such condition. */
  readonly notBeforeTurnAfterMs: number | undefined
  /** When something came that may be an answer and did not count as one; undefined when there was nothing. */
  readonly unheededAtMs: number | undefined
  /** A yes that still waits for words that may be a no, at most until the time given. */
  readonly accepted: { readonly evidence: ConfirmationEvidence; readonly untilMs: number } | undefined
  readonly evidence: ConfirmationEvidence | undefined
  /** When it came to its state. */
  readonly sinceMs: number
}

/** A record of a new proposal. */
export function newConfirmation(
  proposal: Proposal,
  at: {
    readonly createdAtMs: number
    readonly ttlMs: number
    readonly notBeforeTurnAfterMs: number | undefined
  },
): Confirmation {
  return {
    ...proposal,
    ...at,
    callIds: [proposal.callId],
    state: 'proposed',
    sinceMs: at.createdAtMs,
    use: 'unused',
    attempts: 0,
    misspoken: 0,
    unheard: 0,
    asking: undefined,
    askedAtMs: undefined,
    unheededAtMs: undefined,
    accepted: undefined,
    evidence: undefined,
  }
}

/** Whether an answer may still decide. */
export function isOpen(record: Confirmation): boolean {
  return record.state === 'proposed' || record.state === 'asked'
}

/** Whether its effect is under way, or about to be. */
export function isRunning(record: Confirmation): boolean {
  return record.state === 'confirmed' && (record.use === 'unused' || record.use === 'committed')
}

/** Whether it is the one question of its session: on its way, or heard and not answered. */
export function isBeingAsked(record: Confirmation): boolean {
  return record.state === 'asked' || (record.state === 'proposed' && record.asking !== undefined)
}

/**
 * Whether a caller said yes and nothing was sent yet: then a no counts whenever it began. A no means nothing for what
 * only a key approved: nobody was asked about it.
 */
export function isAboutToRun(record: Confirmation): boolean {
  return record.state === 'confirmed' && record.use === 'unused' && record.askedAtMs !== undefined
}

/** What is said at an asking: the first, the second, or the last. */
export function questionAt({ questions }: Confirmation, attempt: number): string {
  const [first, second, third] = questions
  if (attempt <= 1) return first
  return attempt === 2 ? second : third
}

/**
 * Brings a record to a state.
 * @throws Error when the record is final already: a final state never changes
 */
export function moved(
  record: Confirmation,
  to: {
    readonly state: ConfirmationState
    readonly atMs: number
    readonly evidence?: ConfirmationEvidence | undefined
  },
): Confirmation {
  // INVARIANT: a final state never changes.
  if (!isOpen(record)) throw new ConfirmationStateError(`Cannot move ${record.id}: it is ${record.state}`)
  const { state, atMs, evidence } = to
  return {
    ...record,
    state,
    evidence,
    sinceMs: atMs,
    asking: undefined,
    accepted: undefined,
    askedAtMs: askedAtMs(record, state, atMs),
    unheededAtMs: state === 'asked' ? record.unheededAtMs : undefined,
  }
}

/** A question that is put again was not asked yet: an answer to the former one does not count any more. */
function askedAtMs(record: Confirmation, state: ConfirmationState, atMs: number): number | undefined {
  if (state === 'proposed') return undefined
  return state === 'asked' ? atMs : record.askedAtMs
}

/** A record was moved that cannot move any more: a bug. */
export class ConfirmationStateError extends Error {
  readonly code = 'CONFIRMATION_STATE'
}
