import type { CapVerdict } from './caps.ts'
import { type CallingHours, isCallingTime } from './hours.ts'
import { type NumberRefusal, type NumberRules, numberVerdict } from './numbers.ts'

/** Why somebody is not called or written to now. */
export type DestinationRefusal =
  NumberRefusal | 'notAContact' | 'optedOut' | 'quietHours' | Exclude<CapVerdict, { ok: true }>['reason']

/** Whether somebody may be called or written to now. */
export type DestinationVerdict =
  { readonly ok: true } | { readonly ok: false; readonly reason: DestinationRefusal }

/** Everything that is known of a destination at one moment. */
export type Destination = {
  readonly number: string
  /** Unix milliseconds. */
  readonly wallMs: number
  readonly optedOut: boolean
  /** A contact, or one of the owner's own numbers. */
  readonly isKnown: boolean
  readonly caps: CapVerdict
}

/** What destinations are measured by. */
export type DestinationRules = NumberRules & {
  /** `off` only where nothing real can be reached. */
  readonly hours: CallingHours | 'off'
  /** Whether only contacts and the owner's own numbers are called and written to. */
  readonly onlyKnown: boolean
}

/**
 * All that R10 asks of a destination, before the question and again before the effect. Whatever cannot be found out
 * speaks against it.
 */
export function destinationVerdict(destination: Destination, rules: DestinationRules): DestinationVerdict {
  const number = numberVerdict(destination.number, rules)
  if (!number.ok) return number
  if (destination.optedOut) return { ok: false, reason: 'optedOut' }
  if (rules.onlyKnown && !destination.isKnown) return { ok: false, reason: 'notAContact' }
  if (rules.hours !== 'off' && !isCallingTime(destination, rules.hours))
    return { ok: false, reason: 'quietHours' }
  return destination.caps
}
