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

/** Calls that were placed for intents. Writes are durable when they resolve; all reject with StorageError. */
export interface ErrandStorage {
  /** Gives an intent to a call: to the first that asks, for ever. @returns the call that has it */
  take(errand: Pick<ErrandRecord, 'ref' | 'callSid' | 'sessionId' | 'takenAtMs'>): Promise<string>
  /** Marks a report as made. @returns false when it was before, or the errand is not known */
  report(ref: string, end: { readonly status: ErrandStatus; readonly nowMs: number }): Promise<boolean>
  find(ref: string): Promise<ErrandRecord | undefined>
  /** Those without a report, the oldest first. */
  open(maxErrands: number): Promise<readonly ErrandRecord[]>
}
