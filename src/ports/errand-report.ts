/** How a call that we placed came out. */
export type ErrandStatus = 'answered' | 'busy' | 'no-answer' | 'failed' | 'canceled'

/** What came of a call that we placed. The words are those of its record, and strangers spoke them. */
export type ErrandReport = {
  readonly ref: string
  readonly callSid: string
  readonly sessionId: string
  /** Who was called, E.164. */
  readonly number: string
  readonly status: ErrandStatus
  readonly durationSeconds?: number
  /** The last turns, bounded. */
  readonly said: readonly { readonly speaker: 'callee' | 'agent'; readonly text: string }[]
  /** Whether there were more turns than these, or more words. */
  readonly isCut: boolean
  /** Messages that whoever was called has left. */
  readonly messages: number
}

/** Told of the reports of calls that were placed, for whoever asked for them and is still there. */
export interface ErrandFeed {
  /** Hears the reports for one call or thread, until disposed. */
  watch(sessionId: string, onErrandReport: (report: ErrandReport) => void): Disposable
}
