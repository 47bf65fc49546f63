import type { Timer } from '../../lib/clock.ts'
import type { Conversation } from './conversation.ts'
import type { RawFrame } from './garbage.ts'
import type { StruckFault } from './model-fault.ts'
import type { KnownModel } from './models.ts'
import type { Refusal } from './refusal.ts'
import type { ScriptCursor } from './script-cursor.ts'
import type { SeededRandom } from './seeded-random.ts'
import type { ServerEventBody } from './server-events.ts'
import type { SessionConfig } from './session-config.ts'
import type { SessionRecord } from './session-record.ts'
import type { Voice } from './voice.ts'

/**
 * How the connection is ended by the server: with a close frame, as if the wire were cut, by a reset, or by sending no
 * more without a word while the other side may go on.
 */
export type HangUp =
  | { readonly kind: 'close'; readonly code: number; readonly reason: string }
  | { readonly kind: 'cut' }
  | { readonly kind: 'reset' }
  | { readonly kind: 'end' }

/** How fast the fake model is. */
export type Pace = {
  /** Audio is generated so many times faster than it plays. */
  readonly factor: number
  /** Between a request for a response and response.created. */
  readonly createdLagMs: number
  /** Between response.created and the first output, unless the reply says otherwise. */
  readonly thinkMs: number
}

/** What the client did that a refusal answers. */
export type Cause = { readonly eventId: string | null; readonly type: string }

/** What the parts of one session share. */
export type SessionContext = {
  readonly model: KnownModel
  readonly cursor: ScriptCursor
  readonly conversation: Conversation
  readonly conversationId: string
  readonly voice: Voice
  readonly record: SessionRecord
  readonly random: SeededRandom
  readonly pace: Pace
  newId(prefix: 'item' | 'resp' | 'call'): string
  config(): SessionConfig
  send(body: ServerEventBody): void
  refuse(refusal: Refusal, cause: Cause): void
  nowMs(): number
  /** A timer that ends with the session. */
  after(delayMs: number, fire: () => void): Timer
  hangUp(how: HangUp): void
  /** Sends what need not be an event. */
  sendRaw(frames: readonly RawFrame[]): void
  /** Bytes sent that the client has not taken yet. */
  unreadBytes(): number
  /** Nothing is sent or answered any more, while the connection stays; `halfOpen`: nothing is read either. */
  fallSilent(how: 'stall' | 'halfOpen'): void
  /** Something went wrong on purpose just now, for the log. */
  struck(fault: StruckFault, detail?: string): void
  /** True while a response in the conversation is on its way; one that has stalled is not. */
  responding(): boolean
  /** Whether to do now what the real server does only at times. */
  extra(kind: 'phase' | 'rateLimits'): boolean
}
