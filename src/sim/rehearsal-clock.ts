import type { Clock } from '../lib/clock.ts'

const SATURDAY = 6

/**
 * The clock of a rehearsal: it starts at ten in the morning of a weekday where the owner lives, today or the Friday
 * before, so that what depends on the hour behaves the same whenever somebody rehearses. Lengths of time stay true.
 * @param timeZone IANA name
 */
export function rehearsalClock(clock: Clock, timeZone: string): Clock {
  const today = Temporal.Instant.fromEpochMilliseconds(Math.floor(clock.wallMs())).toZonedDateTimeISO(
    timeZone,
  )
  const daysBack = Math.max(0, today.dayOfWeek - SATURDAY + 1)
  const start = today.subtract({ days: daysBack }).withPlainTime('10:00')
  const offsetMs = start.epochMilliseconds - clock.nowMs()
  return {
    nowMs: () => clock.nowMs(),
    wallMs: () => clock.nowMs() + offsetMs,
    setTimer: (delayMs, fire) => clock.setTimer(delayMs, fire),
  }
}
