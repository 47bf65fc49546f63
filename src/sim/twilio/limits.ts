/** What bounds the fake. Most values are Twilio's own; the rest keep the process small. */
export type FakeTwilioLimits = {
  /** Total wait for the answer to a webhook. */
  readonly webhookMs: number
  /** Wait for the answer to a stream's upgrade. */
  readonly handshakeMs: number
  /** Unplayed audio of one stream; more is discarded (31931). Ten minutes. */
  readonly playoutBytes: number
  /** Marks of one stream that wait for their audio; more are ignored (31951). */
  readonly waitingMarks: number
  /** Sound kept per side of a call for its summary; later sound is not kept. */
  readonly recordingMs: number
  /** Longest call, unless a call asks for less. */
  readonly callSeconds: number
  /** Calls that live at once; more are refused with 10004. */
  readonly liveCalls: number
  /** Ended calls (with their sound, a megabyte a minute), messages and recordings that are remembered. */
  readonly remembered: number
  /** REST requests in flight; more get 20429. */
  readonly restConcurrency: number
  /** How long each REST request takes. */
  readonly restLatencyMs: number
  /** Time between the starts of two outbound calls. */
  readonly dialIntervalMs: number
  /** Time between two states of a message. */
  readonly messageStepMs: number
  /** Length of the tone that stands for one character of spoken text. */
  readonly sayMsPerCharacter: number
}

/** Limits of a paid account. */
export const defaultLimits: FakeTwilioLimits = {
  webhookMs: 15_000,
  handshakeMs: 10_000,
  playoutBytes: 4_800_000,
  waitingMarks: 10_000,
  recordingMs: 600_000,
  callSeconds: 14_400,
  liveCalls: 1_000,
  remembered: 100,
  restConcurrency: 100,
  restLatencyMs: 0,
  dialIntervalMs: 1_000,
  messageStepMs: 100,
  sayMsPerCharacter: 60,
}
