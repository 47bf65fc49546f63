import type { CallStatus } from './incoming-calls.ts'

/** How a call stands, as the telephone network knows it. */
export type CallStanding =
  | { readonly kind: 'known'; readonly status: CallStatus; readonly durationSeconds?: number }
  /** The network has no such call. */
  | { readonly kind: 'noSuchCall' }
  | { readonly kind: 'failed'; readonly code: string; readonly sentence: string }

/** Questions about calls that this process did not see end. */
export interface CallInquiry {
  standing(callSid: string, signal?: AbortSignal): Promise<CallStanding>
}
