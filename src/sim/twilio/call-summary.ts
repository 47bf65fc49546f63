import type { StreamSummary } from './media-stream-options.ts'
import type { CallStatus, EndedBy, HeardText } from './verb-host.ts'

/** Moments of a call of which the product can be told. */
export type StatusEvent = 'initiated' | 'ringing' | 'answered' | 'completed'

/** A whole call, told after its end. */
export type CallSummary = {
  readonly sid: string
  readonly from: string
  readonly to: string
  readonly direction: 'inbound' | 'outbound-api'
  readonly endedBy: EndedBy
  readonly status: CallStatus
  /** Clock time of the answer, at which both recordings start; undefined when nobody answered. */
  readonly answeredAtMs: number | undefined
  /** From answer to end; 0 when nobody answered. */
  readonly durationMs: number
  /** What the person on the phone heard and said, µ-law at 8 kHz, frame beside frame. */
  readonly heardUlaw: Uint8Array
  readonly saidUlaw: Uint8Array
  /** Milliseconds at the end that the recordings leave out. */
  readonly unrecordedMs: number
  /** Spoken by Twilio: a tone in heardUlaw, the words here. */
  readonly heardSay: readonly HeardText[]
  readonly streams: readonly StreamSummary[]
  /** A failed script, webhook failures and TwiML faults with their codes. */
  readonly errors: readonly string[]
}

/** The moment at which a state begins. */
export function statusEvent(status: CallStatus): StatusEvent {
  switch (status) {
    case 'queued':
    case 'initiated':
      return 'initiated'
    case 'ringing':
      return 'ringing'
    case 'in-progress':
      return 'answered'
    case 'completed':
    case 'busy':
    case 'failed':
    case 'no-answer':
    case 'canceled':
      return 'completed'
  }
}
