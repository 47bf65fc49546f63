import type { TelephonyOutcome } from './telephony.ts'

/** What callers said after a tone, as the telephone network keeps it. */
export interface Recordings {
  /** Deletes one for good; one that is not there counts as deleted. An abort ends the wait, and the outcome is open. */
  deleteRecording(recordingSid: string, signal?: AbortSignal): Promise<TelephonyOutcome>
}
