import type { MediaSink, StreamReceiver } from './telephony.ts'

/** A verified and strictly parsed voice webhook. */
export type CallOffer = {
  readonly callSid: string
  /** As the network gave it: E.164, or words, `client:…`, `sip:…`, or empty. */
  readonly from: string
  readonly to: string
  readonly direction: 'inbound' | 'outbound'
  /** `StirVerstat`, exactly as received; undefined when absent. */
  readonly stirVerstat?: string
  /** `ref` of our own outbound call's URL. */
  readonly ref?: string
}

/** What the caller's leg shall do now; twilio/ turns it into TwiML. */
export type CallAnswer =
  /** Open a media stream whose path carries this nonce. */
  | { readonly kind: 'connect'; readonly nonce: string }
  /** Say one fixed sentence, then hang up. */
  | { readonly kind: 'sayAndHangUp'; readonly text: string; readonly language: string }
  | { readonly kind: 'hangUp' }
  /** Do not answer it: whoever rings hears that the line is busy. Only for a call that rings. */
  | { readonly kind: 'reject' }
  /** Say what happens, then let the caller leave a message after a tone. */
  | {
      readonly kind: 'recordMessage'
      readonly text: string
      readonly language: string
      readonly maxSeconds: number
    }
  /** Say what happens, then ring a person and connect them. */
  | {
      readonly kind: 'dialPerson'
      readonly text: string
      readonly language: string
      readonly number: string
      readonly callerId: string
      readonly ringSeconds: number
      readonly maxSeconds: number
    }

/** What the network has to tell when it asks what a call does next; nothing when only the stream is over. */
export type NetworkReport = {
  /** How it went to ring a person: `completed`, `answered`, `busy`, `no-answer`, `failed`, `canceled`. */
  readonly dialStatus?: string
  readonly recording?: { readonly recordingSid: string; readonly durationSeconds: number }
}

/** A message that a caller left, and that can be fetched from the network. */
export type RecordingUpdate = {
  readonly callSid: string
  readonly recordingSid: string
  readonly durationSeconds: number
}

/** A verified status callback. Call states only move forward; the receiver sees to that. */
export type CallStatusUpdate = {
  readonly callSid: string
  readonly status: CallStatus
  readonly sequenceNumber?: number
  readonly durationSeconds?: number
  readonly errorCode?: string
  /** `ref` of our own outbound call's callback. */
  readonly ref?: string
}

/** The states of a call at Twilio, and `unknown` for words this version does not know. */
export type CallStatus =
  | 'queued'
  | 'initiated'
  | 'ringing'
  | 'in-progress'
  | 'completed'
  | 'busy'
  | 'no-answer'
  | 'failed'
  | 'canceled'
  | 'unknown'

/** A verified stream status callback: Twilio's own view of a media socket. */
export type StreamStatusUpdate = {
  readonly callSid: string
  readonly streamSid: string
  readonly event: 'stream-started' | 'stream-stopped' | 'stream-error' | 'unknown'
  readonly error?: string
}

/** Whether a nonce may open a socket. A refusal names the reason for logs and metrics, never for the peer. */
export type NonceClaim =
  | { readonly ok: true; readonly callSid: string }
  | { readonly ok: false; readonly reason: 'unknown' | 'used' | 'expired' | 'callOver' }

/** Whether a started stream was given to its call. */
export type StreamAttachment =
  | { readonly ok: true; readonly receiver: StreamReceiver }
  | { readonly ok: false; readonly reason: 'noSuchCall' | 'alreadyAttached' | 'callOver' }

/**
 * The calls of this process, as the telephony adapter sees them. twilio/ verifies and parses; this decides.
 * Every method may be called again with the same input and then answers the same.
 */
export interface IncomingCalls {
  /** Decides what a call does first. The same call asked again while it lives: the same answer, no new nonce. */
  offer(call: CallOffer): Promise<CallAnswer>
  /** Takes a nonce, once. Called after the signature was checked and before the upgrade is accepted. */
  claimNonce(nonce: string): Promise<NonceClaim>
  /** Joins a stream whose `start` matched the claimed call. Synchronous: audio may follow at once. */
  attach(stream: { readonly callSid: string; readonly sink: MediaSink }): StreamAttachment
  /** Decides what a call does when its stream is over, or the network has done what it was told instead. */
  afterStream(callSid: string, report?: NetworkReport): Promise<CallAnswer>
  /** A recorded message is ready. */
  onRecording(update: RecordingUpdate): Promise<void>
  onStatus(update: CallStatusUpdate): Promise<void>
  onStreamStatus(update: StreamStatusUpdate): Promise<void>
}
