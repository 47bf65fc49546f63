import type { DestinationVerdict } from '../policy/destination.ts'
import type { EventTime } from '../policy/errand.ts'
import type { Strength } from '../policy/strength.ts'
import type { EventRecord } from './agenda.ts'
import type { ClaimLimit } from './effects.ts'

/** How somebody stands at one moment. */
export type Standing = {
  readonly strength: Strength
  /** Whether a PIN may still be entered. A right one shows in the strength. */
  readonly pin: 'notConfigured' | 'open' | 'refused'
  /** Whether the key of a request covers what is asked for; true where no key is involved. */
  readonly isInScope: boolean
  /** Budgets of the session; the reason is a word of ours. */
  readonly limits: { readonly ok: true } | { readonly ok: false; readonly reason: string }
}

/** What is known of a destination at one moment. */
export type Reach = {
  readonly verdict: DestinationVerdict
  /** No contact, not the owner's, and no effect was ever done to it. */
  readonly isFirst: boolean
  /** Who it is, where a contact says so. */
  readonly name?: string | undefined
  /** What is counted once more when the effect is about to begin; undefined where nothing is. */
  readonly limit?: ClaimLimit | undefined
}

/** An event of the calendar: as a question reads it out, and when it is. */
export type KnownEvent = EventTime & Pick<EventRecord, 'startsAtMs' | 'endsAtMs'>

/**
 * What the gate decides by besides the proposal itself; asked anew before the question and before the effect. What
 * cannot be found out rejects, and speaks against the effect.
 */
export interface GateFacts {
  standing(): Standing
  /** @param destination exactly as the model wrote it: a number, or an address of mail */
  reach(tool: string, destination: string): Promise<Reach>
  /** What the calendar holds now. */
  event(eventId: string): Promise<KnownEvent | undefined>
}
