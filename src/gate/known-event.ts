import type { Agenda } from '../ports/agenda.ts'
import type { KnownEvent } from '../ports/gate-facts.ts'

/** An event of the calendar as a question reads it out; undefined when there is none, or it was cancelled. */
export async function knownEvent(agenda: Agenda, eventId: string): Promise<KnownEvent | undefined> {
  const event = await agenda.find(eventId)
  if (event?.state !== 'confirmed') return undefined
  const { title, startsAtMs, endsAtMs, timeZone, version } = event
  const times = { start: localTime(startsAtMs, timeZone), end: localTime(endsAtMs, timeZone), timeZone }
  return { title, ...times, startsAtMs, endsAtMs, version }
}

function localTime(wallMs: number, timeZone: string): string {
  const instant = Temporal.Instant.fromEpochMilliseconds(Math.floor(wallMs))
  return instant.toZonedDateTimeISO(timeZone).toPlainDateTime().toString({ smallestUnit: 'minute' })
}
