import type { CallStatusUpdate } from './incoming-calls.ts'

/** What the network tells of a text message that we sent. */
export type TextStatusUpdate = {
  /** Of our intent; undefined for a message that belongs to none, such as a notice to the owner. */
  readonly ref?: string
  readonly messageSid: string
  readonly status: TextStatus
  readonly errorCode?: string
}

/** The states of a text message that we sent, and `unknown` for words this version does not know. */
export type TextStatus = 'accepted' | 'sent' | 'delivered' | 'undelivered' | 'failed' | 'canceled' | 'unknown'

/** Verified callbacks about effects of ours. They may come twice, late, and in any order. */
export interface EffectCallbacks {
  onTextStatus(update: TextStatusUpdate): Promise<void>
  /** @param update of a call that we placed: it names our intent */
  onCallStatus(update: CallStatusUpdate & { readonly ref: string }): Promise<void>
}
