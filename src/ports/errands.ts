import type { ErrandStatus } from './errand-report.ts'
import type { NoticeOutcome } from './notices.ts'

/** That a call was placed for an intent of ours. Times are Unix milliseconds. */
export type ErrandRecord = {
  /** The intent's id. */
  readonly ref: string
  readonly callSid: string
  /** The call or thread that asked for it. */
  readonly sessionId: string
  readonly takenAtMs: number
  /** Set when the report was made. */
  readonly status?: ErrandStatus
  readonly reportedAtMs?: number
  /** What became of telling the owner; undefined while that waits. */
  readonly notice?: NoticeOutcome
}

/** A call that the network took, and of whose end nobody has told: there is neither a last word of it nor a report. */
export type LostCall = Pick<ErrandRecord, 'ref' | 'callSid'>

/** Which lost calls are asked for: by when their intents were written, after the one and up to the other. */
export type LostCallRange = {
  /** Unix milliseconds. */
  readonly fromMs: number
  /** Unix milliseconds. */
  readonly toMs: number
  /** Only those that were not given their intent: nobody has asked us what they do. */
  readonly isUntaken?: boolean
  readonly maxCalls: number
}

/** Calls that were placed for intents. Writes are durable when they resolve; all reject with StorageError. */
export interface ErrandStorage {
  /** Gives an intent to a call: to the first that asks, for ever. @returns the call that has it */
  take(errand: Pick<ErrandRecord, 'ref' | 'callSid' | 'sessionId' | 'takenAtMs'>): Promise<string>
  /** Marks a report as made. @returns false when it was before, or the errand is not known */
  report(ref: string, end: { readonly status: ErrandStatus; readonly nowMs: number }): Promise<boolean>
  find(ref: string): Promise<ErrandRecord | undefined>
  /** Those without a report, the oldest first. */
  open(maxErrands: number): Promise<readonly ErrandRecord[]>
  /** Lost calls, the oldest first. */
  lost(range: LostCallRange): Promise<readonly LostCall[]>
}
