import type { ErrandReport } from './errand-report.ts'
import type { MessageRecord } from './storage.ts'

/**
 * The way to the owner for what they must hear of. Each resolves when it was tried once, and what became of that is
 * written down; whatever is tried again later is so without whoever asked.
 */
export interface OwnerNotice {
  /** A message is kept. Its words are a stranger's: they are quoted, cut, and hold no address of the web. */
  messageKept(message: MessageRecord): Promise<void>
  /** A call that we placed is over, and its report made. What was said is quoted like a message. */
  errandOver(report: ErrandReport): Promise<void>
}
