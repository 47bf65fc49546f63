import type { ErrandReport } from './errand-report.ts'

/** What became of a notice: `none` where the owner wants none or cannot be reached that way. */
export type NoticeOutcome = 'sent' | 'failed' | 'unknown' | 'none'

/** The way to the owner for what they must hear of. Never rejects; nothing is tried twice. */
export interface OwnerNotice {
  /** A caller left a recorded message. */
  messageLeft(message: {
    readonly from: string
    readonly durationSeconds: number
    readonly recordingSid: string
  }): Promise<NoticeOutcome>
  /** A message was taken down. Its words are a stranger's: they are quoted, cut, and hold no address of the web. */
  messageTaken(message: {
    readonly from: string
    readonly text: string
    readonly callerName?: string | undefined
    readonly callBack?: string | undefined
  }): Promise<NoticeOutcome>
  /** A call that we placed is over. What was said is quoted like a message. */
  errandOver(report: ErrandReport): Promise<NoticeOutcome>
}
