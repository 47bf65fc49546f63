/**
 * The side of one media stream that we speak into. Every method answers false once the stream is closed, and never
 * throws for that reason: a peer may vanish at any moment.
 */
export interface MediaSink {
  readonly streamSid: string
  /**
   * Sends µ-law bytes as one media message.
   * @param ulaw µ-law 8 kHz, any length up to 3,200 bytes (400 ms); copied before this returns
   */
  sendMedia(ulaw: Uint8Array): boolean
  /** Asks for the mark to come back when everything sent before it has been played. */
  sendMark(name: string): boolean
  /** Lets what was sent leave: audio and marks wait for it, so that what belongs together leaves in one piece. */
  flush(): void
  /** Drops everything that is queued at the other side; outstanding marks come back at once. */
  clear(): boolean
  /** Closes the socket; ending the call is TelephonyControl's task. */
  close(code: number, reason: string): void
  /** Bytes that the other side has not read yet. */
  bufferedBytes(): number
}

/** What a media stream tells a call, except audio. `atMs` is the monotonic clock when the message arrived. */
export type StreamEvent =
  | { readonly kind: 'dtmf'; readonly digit: string; readonly atMs: number }
  | { readonly kind: 'mark'; readonly name: string; readonly atMs: number }
  /** No media for silentMs: once at 750 ms of every gap, so that an open turn can be padded with silence. */
  | { readonly kind: 'mediaPaused'; readonly silentMs: number; readonly atMs: number }
  /** The stream is over: a stop message, a closed socket, too many faults, or no media for MEDIA_SILENCE_MS. */
  | { readonly kind: 'streamEnded'; readonly reason: StreamEndReason; readonly atMs: number }

/** Why a media stream ended. */
export type StreamEndReason =
  'stop' | 'closed' | 'protocolError' | 'mediaSilence' | 'backpressure' | 'shutdown'

/** What a call gives to the stream it was attached to. */
export interface StreamReceiver {
  /**
   * Caller audio in order, gaps in the timestamps already filled with silence (0xFF).
   * @param ulaw µ-law 8 kHz; the bytes are valid only until this returns
   */
  onMedia(ulaw: Uint8Array): void
  onEvent(event: StreamEvent): void
}

/** The outcome of an order to the telephone network. Expected failures are values. */
export type TelephonyOutcome =
  | {
      readonly ok: true
      /** What the network calls what came into being, if anything did. */
      readonly sid?: string
    }
  | {
      readonly ok: false
      readonly code: string
      readonly sentence: string
      readonly ambiguous: boolean
      /** The network keeps of whoever it was for that they want no texts of ours. */
      readonly isOptedOut?: true
    }

/** Orders about a call that do not go through its media stream. */
export interface TelephonyControl {
  /** Ends the call; a call that is already over counts as ended. */
  hangUp(callSid: string, signal?: AbortSignal): Promise<TelephonyOutcome>
  /** Sends a text message from one of our numbers; never tried twice. */
  sendText(message: {
    readonly from: string
    readonly to: string
    readonly body: string
  }): Promise<TelephonyOutcome>
}

/** A text message; what the network tells of it later names `ref`. */
export type OutboundText = {
  readonly from: string
  readonly to: string
  readonly body: string
  readonly ref: string
}

/** A call that we place; the network asks what it does, and tells what became of it, by `ref`. */
export type OutboundCall = {
  readonly from: string
  readonly to: string
  readonly ref: string
  readonly maxSeconds: number
}

/** Orders that reach somebody. None is tried twice where it may have been carried out. */
export interface Outbound {
  sendText(text: OutboundText, signal: AbortSignal): Promise<TelephonyOutcome>
  placeCall(call: OutboundCall, signal: AbortSignal): Promise<TelephonyOutcome>
}
