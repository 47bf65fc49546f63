import type { Clock } from '../../lib/clock.ts'
import type { Log } from './event-log.ts'
import type { Line } from './line.ts'
import type { PlayoutRecord } from './playout.ts'
import type { Transport } from './transport.ts'
import type { StreamNoun } from './twiml.ts'

/** How a stream ended; `errorCode` is what Twilio's debugger shows. */
export type StreamEnd =
  | { readonly kind: 'stopped' }
  | { readonly kind: 'vanished' }
  | { readonly kind: 'closedByServer'; readonly closeCode: number; readonly errorCode: number }
  | { readonly kind: 'failed'; readonly errorCode: number; readonly reason: string }

/** A finished or running stream in numbers. */
export type StreamSummary = PlayoutRecord & {
  readonly streamSid: string
  readonly name: string
  /** Clock times; undefined when it was never open, or is open still. */
  readonly openedAtMs: number | undefined
  readonly endedAtMs: number | undefined
  readonly end: StreamEnd | undefined
  /** Clock time of the first frame that the caller said while it was open. */
  readonly firstFrameAtMs: number | undefined
  /** Frames that the caller said while it was open, those included that the carrier lost. */
  readonly saidFrames: number
  /** Frames of caller audio sent. */
  readonly sentFrames: number
  /** Error codes that were reported, each once. */
  readonly warnings: readonly number[]
  /** Messages that were ignored: malformed, binary, of another stream. */
  readonly ignoredMessages: number
}

/** What a media stream needs. */
export type MediaStreamOptions = {
  readonly noun: StreamNoun
  readonly streamSid: string
  readonly callSid: string
  readonly accountSid: string
  readonly authToken: string
  readonly clock: Clock
  readonly transport: Transport
  readonly line: Line
  readonly log: Log
  /** Timestamp of the first audio message: on real lines about 100, never 0. */
  readonly firstTimestampMs: number
  readonly handshakeMs: number
  readonly playoutBytes: number
  readonly waitingMarks: number
  readonly rewriteWsOrigin: (origin: string) => string
  readonly onOpen: () => void
  /** Comes before `over` resolves, while whoever ended the stream is still at it. */
  readonly onOver: (end: StreamEnd) => void
}
