/** What bounds the Twilio side. Milliseconds on the clock port, bytes, and counts. */
export type TwilioLimits = {
  /** Media sockets that were let in and have not yet sent a valid `start`. */
  readonly maxPendingSockets: number
  /** Media sockets in all. */
  readonly maxSockets: number
  /** From the upgrade to a valid `start`. */
  readonly streamStartDeadlineMs: number
  /** Without media for this long a stream is over. */
  readonly mediaSilenceMs: number
  /** From the headers of a webhook to the last byte of its body. */
  readonly webhookBodyDeadlineMs: number
  /** Bytes that the other side may leave unread before its stream is over. */
  readonly maxBufferedBytes: number
}

/** Safe values for a server with a hundred calls. */
export const defaultLimits: TwilioLimits = {
  maxPendingSockets: 100,
  maxSockets: 200,
  streamStartDeadlineMs: 5_000,
  mediaSilenceMs: 15_000,
  webhookBodyDeadlineMs: 5_000,
  maxBufferedBytes: 1_048_576,
}
