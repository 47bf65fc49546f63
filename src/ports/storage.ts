import type { CallStatus, NonceClaim } from './incoming-calls.ts'
import type { NoticeOutcome } from './notices.ts'
import type { SpeechUsage } from './speech.ts'

/** Why a call ended, in our own words. */
export type CallEnding =
  | 'callerHungUp'
  | 'agentHungUp'
  | 'maximumLength'
  | 'idle'
  | 'modelLost'
  | 'streamLost'
  | 'refused'
  | 'shutdown'
  | 'processDied'
  | 'failed'

/** One call, from ring to hang-up. Times are Unix milliseconds. */
export type CallRecord = {
  readonly callSid: string
  readonly direction: 'inbound' | 'outbound'
  readonly from: string
  readonly to: string
  readonly persona: string
  readonly actor: 'owner' | 'external'
  readonly status: CallStatus
  readonly startedAtMs: number
  readonly answeredAtMs?: number
  readonly endedAtMs?: number
  readonly ending?: CallEnding
  readonly durationSeconds?: number
}

/** What may change on a call after it was first written; a status never moves backwards. */
export type CallPatch = Partial<
  Pick<CallRecord, 'status' | 'answeredAtMs' | 'endedAtMs' | 'ending' | 'durationSeconds'>
>

/** One media websocket of a call. */
export type StreamRecord = {
  readonly streamSid: string
  readonly callSid: string
  readonly startedAtMs: number
  readonly endedAtMs?: number
  readonly endReason?: string
  readonly framesIn?: number
  readonly framesOut?: number
}

/** One Realtime connection of a call. */
export type SessionRecord = {
  readonly sessionKey: string
  readonly callSid: string
  readonly provider: string
  readonly model: string
  readonly startedAtMs: number
  readonly providerSessionId?: string
  readonly readyAtMs?: number
  readonly endedAtMs?: number
  readonly endReason?: string
  readonly usage?: SpeechUsage
}

/** One turn of a call as it was heard. `seq` orders the turns of a call from 0 without gaps. */
export type TurnRecord = {
  readonly callSid: string
  readonly seq: number
  readonly speaker: 'caller' | 'agent'
  readonly text: string
  /** What the words come from: a model's transcript, a fixed sentence, keys, or nothing (no transcript came). */
  readonly source: 'transcript' | 'fixed' | 'dtmf' | 'none'
  readonly startedAtMs: number
  readonly interrupted: boolean
  /** For an agent turn: how much of it was played to the caller. */
  readonly heardMs?: number
  readonly firstDeltaMs?: number
  readonly firstMediaMs?: number
  readonly firstMarkMs?: number
}

/** What a caller left: a recording at the network, or words that the model took down. */
export type MessageContent =
  | { readonly kind: 'recording'; readonly recordingSid: string; readonly durationSeconds: number }
  | {
      readonly kind: 'words'
      readonly text: string
      readonly callerName?: string
      /** How they want to be reached. */
      readonly callBack?: string
    }

/** A message that a caller left. */
export type MessageRecord = {
  readonly messageId: string
  readonly callSid: string
  /** As the network gave it. */
  readonly from: string
  readonly receivedAtMs: number
  /** What became of telling the owner; undefined while that waits. */
  readonly notice?: NoticeOutcome
} & MessageContent

/** Everything stored about one call. */
export type CompleteCall = {
  readonly call: CallRecord
  readonly streams: readonly StreamRecord[]
  readonly sessions: readonly SessionRecord[]
  readonly turns: readonly TurnRecord[]
  readonly messages: readonly MessageRecord[]
}

/** A call that a dead process left open, and what was recorded of it. */
export type OrphanRecord = CompleteCall & {
  /** Nonces issued for it: one when it was answered, one for every further stream. */
  readonly nonces: number
}

/**
 * The record of calls. Writes of one call are applied in the order they were asked for. `put…` insert or replace by
 * key; they may be batched up to 250 ms, except where a method says that it is durable when it resolves.
 * All reject with StorageError; `code` is `closed`, `full` (write queue), `busy`, `corrupt`, `constraint`, `failed`, or
 * `lost`: the connection broke while it was committed, and nobody knows whether it was.
 */
export interface CallStorage {
  /** Durable when it resolves. Inserting a known call again changes nothing. */
  insertCall(call: CallRecord): Promise<void>
  patchCall(callSid: string, patch: CallPatch): Promise<void>
  findCall(callSid: string): Promise<CallRecord | undefined>
  completeCall(callSid: string): Promise<CompleteCall | undefined>
  putStream(stream: StreamRecord): Promise<void>
  putSession(session: SessionRecord): Promise<void>
  putTurn(turn: TurnRecord): Promise<void>
  /**
   * Durable when it resolves.
   * @returns false when the message is known: it changes nothing then
   */
  insertMessage(message: MessageRecord): Promise<boolean>
  /** Durable when it resolves; kept as a hash alone. */
  insertNonce(nonce: {
    readonly nonce: string
    readonly callSid: string
    readonly issuedAtMs: number
    readonly expiresAtMs: number
  }): Promise<void>
  /** Takes the nonce in one statement, so that of two claims only one can win, also between processes. */
  claimNonce(nonce: string, nowMs: number): Promise<NonceClaim>
  /**
   * Takes over every open call that no living process has, and ends its streams and sessions as `processDied`; the calls
   * stay open, and are answered. Durable when it resolves.
   */
  orphans(nowMs: number): Promise<readonly OrphanRecord[]>
  /**
   * Ends every open call as `processDied` that no living process has, with its streams and sessions; answers their
   * CallSids. Durable when it resolves.
   */
  closeOrphans(nowMs: number): Promise<readonly string[]>
  /**
   * Ends open calls of this process that it has no more, because their end could not be written: with that end where it is
   * remembered, else as `failed` at `nowMs`. Answers their CallSids. Durable when it resolves.
   * @param isLive whether the process still has a call
   */
  endForgotten(nowMs: number, isLive: (callSid: string) => boolean): Promise<readonly string[]>
  /** Resolves when everything asked for so far is on disk. */
  flush(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}
