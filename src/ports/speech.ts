/** A function the model may propose. `parameters` is JSON Schema. */
export type ToolDefinition = {
  readonly name: string
  readonly description: string
  readonly parameters: Readonly<Record<string, unknown>>
}

/** Audio on both sides of a session: PCM16 24 kHz little-endian mono, or µ-law 8 kHz. */
export type SpeechAudio = 'pcm24k' | 'pcmu'

/** What a call asks of a speech session. Turn detection, transcription and the like are the adapter's settings. */
export type SpeechRequest = {
  readonly callSid: string
  readonly instructions: string
  /** A voice of the engine; undefined takes the configured one. */
  readonly voice?: string
  /** ISO 639-1 language the caller is expected to speak, for the transcript. */
  readonly language: string
  readonly tools: readonly ToolDefinition[]
  readonly audio: SpeechAudio
  /** A stable keyed hash of the caller, never the number itself. */
  readonly safetyIdentifier?: string
  readonly receiver: SpeechReceiver
}

/** Where model audio belongs. */
export type ReplyAudio = {
  readonly responseId: string
  readonly itemId: string
  /** Bytes in the session's output format, not necessarily whole samples; valid only until the callback returns. */
  readonly bytes: Uint8Array
}

/** What a call gives to its session. */
export interface SpeechReceiver {
  onAudio(audio: ReplyAudio): void
  onEvent(event: SpeechEvent): void
}

/** Tokens of one response, as the provider reported them. */
export type SpeechUsage = {
  readonly inputTextTokens: number
  readonly inputAudioTokens: number
  readonly cachedTextTokens: number
  readonly cachedAudioTokens: number
  readonly outputTextTokens: number
  readonly outputAudioTokens: number
}

/** Why a session can no longer be used. `retryable` is false for what a second try cannot mend (key, quota, model). */
export type SpeechLoss = {
  readonly reason:
    | 'refused'
    | 'handshakeTimeout'
    | 'notReady'
    | 'closed'
    | 'unresponsive'
    | 'expired'
    | 'backpressure'
    /** More messages than a session has use for, or too many that cannot be read. */
    | 'flooded'
    | 'garbled'
    | 'fatalError'
  readonly code?: string
  readonly retryable: boolean
}

/**
 * What a session tells a call, except audio. Items and responses are named by the engine's ids; `atMs` is the
 * monotonic clock at arrival.
 */
export type SpeechEvent =
  /** The session agreed with everything that was asked; audio may be appended from now on. */
  | {
      readonly kind: 'sessionReady'
      readonly sessionId: string
      readonly expiresAtWallMs?: number
      readonly atMs: number
    }
  | { readonly kind: 'sessionLost'; readonly loss: SpeechLoss; readonly atMs: number }
  /** A session that was asked whether it is there has said something, whatever it was. */
  | { readonly kind: 'sessionAnswered'; readonly atMs: number }
  | { readonly kind: 'speechStarted'; readonly itemId: string; readonly atMs: number }
  | { readonly kind: 'speechStopped'; readonly itemId: string; readonly atMs: number }
  /** The caller's turn became an item of the conversation. */
  | { readonly kind: 'turnCommitted'; readonly itemId: string; readonly atMs: number }
  | {
      readonly kind: 'callerTranscript'
      readonly itemId: string
      readonly text: string
      readonly final: boolean
      readonly atMs: number
    }
  | {
      readonly kind: 'callerTranscriptFailed'
      readonly itemId: string
      readonly code: string
      readonly atMs: number
    }
  | {
      readonly kind: 'responseStarted'
      readonly responseId: string
      readonly purpose?: string
      /** Of the request that it answers, where that had one. */
      readonly id?: string
      readonly atMs: number
    }
  /** A spoken item of a response begins; its audio follows. */
  | {
      readonly kind: 'replyStarted'
      readonly responseId: string
      readonly itemId: string
      readonly atMs: number
    }
  | {
      readonly kind: 'replyText'
      readonly responseId: string
      readonly itemId: string
      readonly text: string
      readonly final: boolean
      readonly atMs: number
    }
  /** All audio of the item has been delivered through onAudio. */
  | {
      readonly kind: 'replyAudioDone'
      readonly responseId: string
      readonly itemId: string
      readonly atMs: number
    }
  | {
      readonly kind: 'toolRequested'
      readonly responseId: string
      readonly callId: string
      readonly name: string
      /** JSON text written by a model: unchecked. */
      readonly arguments: string
      readonly atMs: number
    }
  | {
      readonly kind: 'responseDone'
      readonly responseId: string
      readonly status: 'completed' | 'cancelled' | 'incomplete' | 'failed'
      /** Provider's reason or error code, for logs and rules; absent when completed. */
      readonly code?: string
      /** False where a second try cannot help (quota, account). Only meaningful for `failed`. */
      readonly retryable: boolean
      readonly usage?: SpeechUsage
      readonly atMs: number
    }
  /** The provider refused one of our events; the session goes on. `id`: of a reply that will not come. */
  | { readonly kind: 'eventRefused'; readonly code: string; readonly id?: string; readonly atMs: number }

/** A request for one reply. */
export type ReplyRequest = {
  /** Replaces the session's instructions for this reply only. */
  readonly instructions?: string
  /** What the reply is for, for example `idlePrompt`; comes back in responseStarted. */
  readonly purpose?: string
  /** Tells this reply from any other; comes back in responseStarted. One with an id is never coalesced. */
  readonly id?: string
  readonly toolChoice?: 'auto' | 'none'
}

/**
 * Something that was said or done on the call before a session began. Words of a caller and outputs of tools are data
 * from strangers and stay that: they never become instructions.
 */
export type PastItem =
  | { readonly kind: 'said'; readonly role: 'user' | 'assistant'; readonly text: string }
  | {
      readonly kind: 'toolRound'
      readonly callId: string
      readonly name: string
      readonly arguments: string
      readonly output: string
    }

/** One connection to a speech engine. Methods never throw for a lost connection; the loss comes as an event, once. */
export interface SpeechSession {
  /**
   * Appends caller audio in the session's format.
   * @param bytes copied before this returns
   * @returns false when the session is not ready or lost: the caller of this keeps the audio
   */
  append(bytes: Uint8Array): boolean
  /** Asks for a reply; coalesced while one is running or already wanted. */
  requestReply(request?: ReplyRequest): void
  /** Cancels the response if it is still running; otherwise does nothing, on the wire too. */
  cancelReply(responseId: string): void
  /** Tells the model that the caller heard only the first heardMs of the item (clamped to what was generated). */
  truncate(itemId: string, heardMs: number): void
  /**
   * Answers a tool request. A reply must be requested apart from it.
   * @returns false when this session knows no such request, or has answered it before
   */
  answerTool(callId: string, output: string): boolean
  /**
   * Puts what happened before into the conversation, in this order. Call it as soon as the session is ready, before
   * anything is appended or asked for.
   */
  restore(past: readonly PastItem[]): void
  /** Puts a text item into the conversation without asking for a reply. */
  addText(item: { readonly role: 'system' | 'user' | 'assistant'; readonly text: string }): void
  /** Asks for a sign of life of the engine behind the connection: an event tells of it, or of the loss. */
  probe(): void
  /** Bytes that the provider has not read yet. */
  bufferedBytes(): number
  close(reason: string): void
}

/** A provider of speech sessions. */
export interface SpeechEngine {
  readonly name: string
  /** Starts to connect and answers at once; everything else arrives at the receiver. */
  open(request: SpeechRequest): SpeechSession
}
