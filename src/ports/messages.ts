import type { MessageRecord } from './storage.ts'

/** What callers left. Rejects with StorageError. */
export interface Messages {
  /** The newest first, after one of them; from the newest when `afterId` is not given or not known any more. */
  page(options: {
    readonly afterId?: string
    readonly maxMessages: number
  }): Promise<readonly MessageRecord[]>
  find(messageId: string): Promise<MessageRecord | undefined>
  /** Durable when it resolves. @returns false when there is no such message */
  remove(messageId: string): Promise<boolean>
}
