import type { MessageRecord } from './storage.ts'

/** What callers left. Rejects with StorageError. */
export interface Messages {
  /**
   * The newest first, after one of them, or from the newest on.
   * @returns undefined when there is no message `afterId`, also no more: its place in the order is not known then
   */
  page(options: {
    readonly afterId?: string
    readonly maxMessages: number
  }): Promise<readonly MessageRecord[] | undefined>
  /** Recordings that were received before a time, the oldest first. */
  recordingsBefore(options: {
    readonly beforeMs: number
    readonly maxMessages: number
  }): Promise<readonly { readonly messageId: string; readonly recordingSid: string }[]>
  find(messageId: string): Promise<MessageRecord | undefined>
  /** Durable when it resolves. @returns false when there is no such message */
  remove(messageId: string): Promise<boolean>
}
