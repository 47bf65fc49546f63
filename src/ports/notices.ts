/**
 * What became of a notice: `none` where the owner wants none or cannot be reached that way, `failed` when it was not sent,
 * `unknown` while it is under way and when nobody knows whether it was sent.
 */
export type NoticeOutcome = 'sent' | 'failed' | 'unknown' | 'none'

/** What a notice is of: a message that somebody left, or the report of an errand, each by its id, and on which call. */
export type NoticeOf = {
  readonly kind: 'message' | 'errand'
  readonly id: string
  readonly callSid: string
}

/** How one try to text the owner came out; `provider` is what the network calls the text. */
export type TextEnd = {
  readonly state: Exclude<NoticeOutcome, 'none'>
  readonly provider?: string
  readonly code?: string
}

/** How many notices of one kind may go out since a moment; those per caller are of messages alone. */
export type NoticeAllowance = {
  readonly sinceMs: number
  readonly max: number
  readonly maxPerCaller: number
}

/**
 * Whether a notice may be sent now: `known` when there is one already, or what it is of is gone; `full` and `callerFull`
 * when the allowance is used up, and then it has failed.
 */
export type NoticeClaim = 'taken' | 'known' | 'full' | 'callerFull'

/** Messages of which the owner could not be told: how many, and when the newest of them came. */
export type UntoldMessages = { readonly count: number; readonly untilMs: number }

/**
 * What became of telling the owner, beside the messages and errands themselves. Times are Unix milliseconds. All reject
 * with StorageError.
 */
export interface Notices {
  /**
   * Takes the right to send a notice, whichever process asks: it is `unknown` from now on until it is settled, also when
   * this process dies. Durable when it resolves, as is the record in the audit log that it is about to be sent: what
   * cannot be recorded is not taken.
   */
  take(of: NoticeOf, allowance: NoticeAllowance): Promise<NoticeClaim>
  /** Writes down what became of one that was taken, in the audit log too; `again`: it was refused, and may be taken again. */
  settle(of: NoticeOf, end: TextEnd & { readonly again: boolean }): Promise<void>
  /** Writes down what became of one that is not sent. */
  forgo(of: NoticeOf, outcome: 'none' | 'failed'): Promise<void>
  /**
   * What has no notice and is new enough for one: the newest, the oldest of them first. All else without one gets
   * `otherwise`, and `others` is how many that were.
   */
  waiting(
    kind: NoticeOf['kind'],
    from: { readonly sinceMs: number; readonly max: number; readonly otherwise: NoticeOutcome },
  ): Promise<{ readonly ids: readonly string[]; readonly others: number }>
  /** Takes the right to tell that more messages wait, as `take` does. @returns false when somebody took it since */
  takeMoreWait(from: { readonly nowMs: number; readonly sinceMs: number }): Promise<boolean>
  /** Writes down in the audit log what became of that. */
  settleMoreWait(end: TextEnd): Promise<void>
  /** Messages whose notice has failed, without those that the owner was told of, and those that came after one that waits. */
  untold(nowMs: number): Promise<UntoldMessages>
  /** The owner was told of messages that came until then. */
  markTold(untilMs: number): Promise<void>
}
