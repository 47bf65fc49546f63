import type { LocalMoment } from '../desk/local-time.ts'
import type { EventSpan } from '../ports/agenda.ts'
import type { Objection } from '../ports/tools.ts'
import { OFF_THE_CLOCK } from './fields.ts'

/** No event is longer: one that is was misunderstood. */
const LONGEST_MS = 366 * 24 * 60 * 60 * 1_000
/** What starts now may do so, though the question and its answer take their time. */
const GRACE_MS = 10 * 60 * 1_000

/** The times that an event is to have, or why a local time of it is none. */
export type WantedTimes = ({ readonly ok: true } & EventSpan) | Extract<LocalMoment, { ok: false }>

/** Times that an event can have, or the code of what is wrong with them. */
export type CheckedTimes =
  ({ readonly ok: true } & EventSpan) | { readonly ok: false; readonly code: keyof typeof reasons }

const reasons = {
  timeSkippedByClocks: OFF_THE_CLOCK,
  timeComesTwice: OFF_THE_CLOCK,
  endsBeforeStart: 'must end after it starts',
  tooLong: 'must not last longer than a year',
  startsInThePast: 'must not start in the past; ask which day and year is meant',
} as const

/**
 * Looks whether an event can have the times that it is to have.
 * @param at.nowMs Unix milliseconds
 * @param at.before when it is so far: one that has begun already may stay where it is
 */
export function checkedTimes(
  wanted: WantedTimes,
  at: { readonly nowMs: number; readonly before?: EventSpan },
): CheckedTimes {
  if (!wanted.ok) {
    return { ok: false, code: wanted.reason === 'skipped' ? 'timeSkippedByClocks' : 'timeComesTwice' }
  }
  const { startsAtMs, endsAtMs } = wanted
  if (endsAtMs < startsAtMs) return { ok: false, code: 'endsBeforeStart' }
  if (endsAtMs - startsAtMs > LONGEST_MS) return { ok: false, code: 'tooLong' }
  const isMoved = startsAtMs !== at.before?.startsAtMs
  if (isMoved && startsAtMs < at.nowMs - GRACE_MS) return { ok: false, code: 'startsInThePast' }
  return wanted
}

/** The same as a model is told of it before anybody is asked; undefined where nothing is wrong. */
export function timesObjection(checked: CheckedTimes): Objection | undefined {
  return checked.ok ? undefined : { code: checked.code, reason: reasons[checked.code] }
}
