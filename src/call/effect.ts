import type { EndReason } from '../policy/desk.ts'
import type { LogFields, LogLevel } from '../ports/log.ts'
import type { HistogramName } from '../ports/metrics.ts'
import type { FixedSentence } from '../ports/prompt-audio.ts'
import type { CallEnding, TurnRecord } from '../ports/storage.ts'
import type { Outcomes, Saying, TimerName } from './event.ts'

/** A turn as the machine knows it; the shell adds the call's id and turns monotonic time into wall time. */
export type Turn = Omit<TurnRecord, 'callSid' | 'startedAtMs'> & { readonly startedAtMs: number }

/**
 * What a step asks the shell to do. An effect answers nothing to whoever asked; what it brings about comes back as
 * another event.
 */
export type Effect =
  | { readonly kind: 'playClip'; readonly sentence: FixedSentence; readonly clipId: number }
  /** Drops everything that is queued for the caller and begins a new generation of marks. */
  | { readonly kind: 'clearPlayback' }
  /** Audio of this response that still arrives is not played. */
  | { readonly kind: 'dropReply'; readonly responseId: string }
  | { readonly kind: 'truncateReply'; readonly itemId: string; readonly heardMs: number }
  | { readonly kind: 'cancelReply'; readonly responseId: string }
  | { readonly kind: 'requestReply'; readonly purpose: string }
  /** Lets the model speak words of ours. */
  | ({ readonly kind: 'say' } & Saying)
  | { readonly kind: 'tellModel'; readonly outcomes: Outcomes }
  /** The call's confirmations are over. */
  | { readonly kind: 'endGate'; readonly reason: EndReason }
  | { readonly kind: 'openSession'; readonly resumed: boolean }
  /** Dials a session that is to take over from the one in use, which goes on meanwhile. */
  | { readonly kind: 'openNext' }
  /** Lets the session in reserve take over; the one in use is closed. */
  | { readonly kind: 'switchSession' }
  | { readonly kind: 'closeSession'; readonly reason: string }
  /** The session is asked for an answer, and is lost when none comes. */
  | { readonly kind: 'probeSession' }
  /** What the caller said has been understood; `turnIsOpen` when more is being said already. */
  | { readonly kind: 'forgetCaller'; readonly turnIsOpen: boolean }
  | { readonly kind: 'padSilence'; readonly ms: number }
  | {
      readonly kind: 'runTool'
      readonly callId: string
      readonly responseId: string
      readonly name: string
      readonly arguments: string
    }
  | { readonly kind: 'answerTool'; readonly callId: string; readonly output: string }
  | { readonly kind: 'setTimer'; readonly name: TimerName; readonly delayMs: number }
  | { readonly kind: 'cancelTimer'; readonly name: TimerName }
  | { readonly kind: 'recordTurn'; readonly turn: Turn }
  | { readonly kind: 'observe'; readonly name: HistogramName; readonly valueMs: number }
  | { readonly kind: 'log'; readonly level: LogLevel; readonly event: string; readonly fields?: LogFields }
  | { readonly kind: 'closeStream'; readonly code: number; readonly reason: string }
  /** Ends the call at the telephone network. */
  | { readonly kind: 'hangUp' }
  /** The call is over: close what is open, complete the record. Happens once. */
  | { readonly kind: 'finish'; readonly ending: CallEnding }
