import { localTimeOf } from '../desk/local-time.ts'
import type { Agenda, EventRecord, EventSpan } from '../ports/agenda.ts'

/** Events at the same time that are named. */
const MAX_CONFLICTS = 5

/** An event as a model is told of it, without its title: that others may have written. Times are of its own zone. */
export function eventFacts({
  eventId,
  startsAtMs,
  endsAtMs,
  timeZone,
}: EventSpan & Pick<EventRecord, 'eventId'>) {
  return {
    event_id: eventId,
    start: localTimeOf(startsAtMs, timeZone),
    end: localTimeOf(endsAtMs, timeZone),
    time_zone: timeZone,
  }
}

/** What else is at the time of an event: ids and times of the first few. */
export async function conflictsWith(
  agenda: Pick<Agenda, 'between'>,
  event: EventSpan & Pick<EventRecord, 'eventId'>,
): Promise<readonly ReturnType<typeof eventFacts>[]> {
  const { startsAtMs: fromMs, endsAtMs: toMs } = event
  const there = await agenda.between({ fromMs, toMs, maxEvents: MAX_CONFLICTS + 1 })
  return there
    .filter(({ eventId }) => eventId !== event.eventId)
    .slice(0, MAX_CONFLICTS)
    .map(eventFacts)
}
