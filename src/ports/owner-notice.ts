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
}
