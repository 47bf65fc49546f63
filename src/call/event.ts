import type { GateStanding } from '../gate/gate-options.ts'
import type { ToldStatus } from '../policy/desk.ts'
import type { CallStatus } from '../ports/incoming-calls.ts'
import type { FixedSentence } from '../ports/prompt-audio.ts'
import type { SpeechEvent } from '../ports/speech.ts'
import type { StreamEndReason } from '../ports/telephony.ts'
import type { ToolOutcome } from '../ports/tools.ts'

/** One piece of speech that was sent to the caller: a reply of the model, or a fixed sentence. */
export type Utterance =
  | { readonly kind: 'reply'; readonly itemId: string; readonly responseId: string }
  | { readonly kind: 'clip'; readonly clipId: number; readonly sentence: FixedSentence }

/** How far an utterance got. `heardMs` never exceeds `sentMs`; `complete` means nothing more will be sent for it. */
export type Heard = {
  readonly utterance: Utterance
  readonly sentMs: number
  readonly heardMs: number
  readonly complete: boolean
}

/** Words of ours that the model is to speak exactly so. */
export type Saying = {
  /** Tells its response from any other. */
  readonly id: string
  readonly purpose: 'question' | 'announcement'
  readonly text: string
}

/** What became of tool calls that had been answered before. */
export type Outcomes = {
  readonly told: readonly { readonly callId: string; readonly tool: string; readonly status: ToldStatus }[]
  /** What they have brought. `output` is JSON text and may be others' words. */
  readonly brought: readonly { readonly tool: string; readonly output: string }[]
}

/** The named timers of a call; setting one again replaces it. */
export type TimerName =
  | 'unclaimed'
  | 'nonceExpired'
  | 'detachedSession'
  | 'reattach'
  | 'idle'
  | 'hold'
  | 'filler'
  | 'question'
  | 'silentModel'
  | 'decision'
  | 'lengthWarning'
  | 'lengthReached'
  | 'redial'
  | 'listened'
  | 'rotate'
  | 'handedOver'
  | 'closing'
  | 'hangUp'

/**
 * Everything that can happen to a call, except audio. An event carries what `step` needs to know, so that `step` reads
 * no clock and no counter: `atMs` is the monotonic clock, `heard` is what the caller had heard at that moment.
 */
export type CallEvent =
  | {
      readonly kind: 'streamStarted'
      readonly streamSid: string
      readonly sessionAlive: boolean
      readonly atMs: number
    }
  | {
      readonly kind: 'streamEnded'
      readonly reason: StreamEndReason
      readonly heard: readonly Heard[]
      readonly atMs: number
    }
  | { readonly kind: 'dtmf'; readonly digit: string; readonly atMs: number }
  /** The caller made a sound that may have been words, and has paused; when it began. */
  | { readonly kind: 'callerPaused'; readonly beganAtMs: number; readonly atMs: number }
  | { readonly kind: 'mediaPaused'; readonly silentMs: number; readonly atMs: number }
  | Exclude<SpeechEvent, { kind: 'speechStarted' | 'sessionLost' | 'sessionReady' }>
  /**
   * `lastsMs`: how long the provider lets the session live, when it told. `spokenTo`: the caller may have spoken while
   * there was none, and it was told that as sound.
   */
  | {
      readonly kind: 'sessionReady'
      readonly sessionId: string
      readonly lastsMs?: number
      readonly spokenTo?: boolean
      readonly atMs: number
    }
  /** The session that is to take over agreed, or was lost. */
  | { readonly kind: 'nextReady'; readonly lastsMs?: number; readonly atMs: number }
  | { readonly kind: 'nextLost'; readonly code: string; readonly atMs: number }
  | {
      readonly kind: 'speechStarted'
      readonly itemId: string
      /** Our own ear hears the caller at this moment: these are no words of before that a later session hears again. */
      readonly isLive?: boolean
      readonly heard: readonly Heard[]
      readonly atMs: number
    }
  | {
      readonly kind: 'sessionLost'
      readonly code: string
      readonly retryable: boolean
      /** What had been sent and heard when it was lost. */
      readonly heard: readonly Heard[]
      /** Drawn at random from 0 up to 1, so that `step` need not draw. */
      readonly chance: number
      readonly atMs: number
    }
  /** The first audio of a reply, or the first after it had stalled, came in (deltaAtMs) and went out (atMs). */
  | {
      readonly kind: 'replySounding'
      readonly itemId: string
      readonly responseId: string
      readonly deltaAtMs: number
      readonly atMs: number
    }
  /** Everything that was sent of a reply was heard, and more of it is to come. */
  | {
      readonly kind: 'replyStalled'
      readonly itemId: string
      readonly responseId: string
      readonly atMs: number
    }
  /** The first mark of an utterance came back: the caller is hearing it. */
  | { readonly kind: 'firstHeard'; readonly utterance: Utterance; readonly atMs: number }
  /** The last mark of a complete utterance came back. `quiet` is true when nothing else is queued. */
  | {
      readonly kind: 'utteranceHeard'
      readonly utterance: Utterance
      readonly heardMs: number
      readonly quiet: boolean
      readonly atMs: number
    }
  | {
      readonly kind: 'toolFinished'
      readonly callId: string
      readonly outcome: ToolOutcome
      readonly atMs: number
    }
  | { readonly kind: 'sayingWanted'; readonly saying: Saying; readonly atMs: number }
  | {
      readonly kind: 'sayingStopped'
      readonly id: string
      readonly heard: readonly Heard[]
      readonly atMs: number
    }
  | { readonly kind: 'confirmationsMoved'; readonly standing: GateStanding; readonly atMs: number }
  /** The caller is known better than when the session was opened. */
  | { readonly kind: 'callerProven'; readonly atMs: number }
  | { readonly kind: 'outcomes'; readonly outcomes: Outcomes; readonly atMs: number }
  | {
      readonly kind: 'timer'
      readonly name: TimerName
      readonly heard: readonly Heard[]
      readonly atMs: number
    }
  | {
      readonly kind: 'statusChanged'
      readonly status: CallStatus
      readonly heard: readonly Heard[]
      readonly atMs: number
    }
  | {
      readonly kind: 'hangUpDone'
      readonly ok: boolean
      readonly code?: string
      readonly heard: readonly Heard[]
      readonly atMs: number
    }
  /** The process goes down: goodbye is said. */
  | { readonly kind: 'shutdown'; readonly heard: readonly Heard[]; readonly atMs: number }
  /** The process goes down, and the time for goodbyes is over. */
  | { readonly kind: 'cutOff'; readonly heard: readonly Heard[]; readonly atMs: number }
