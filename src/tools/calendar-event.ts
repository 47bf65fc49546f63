import { type LocalMoment, localTimeOf } from '../desk/local-time.ts'
import type { Agenda, EventRecord } from '../ports/agenda.ts'
import type { HandlerResult } from '../ports/tools.ts'

/** Events at the same time that are named. */
const MAX_CONFLICTS = 5
/** No event is longer: one that is was misunderstood. */
const LONGEST_MS = 366 * 24 * 60 * 60 * 1_000

type Times = Pick<EventRecord, 'startsAtMs' | 'endsAtMs' | 'timeZone'>

/** An event as a model is told of it, without its title: that others may have written. Times are of its own zone. */
export function eventFacts({
  eventId,
  startsAtMs,
  endsAtMs,
  timeZone,
}: Times & Pick<EventRecord, 'eventId'>) {
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
  event: Times & Pick<EventRecord, 'eventId'>,
): Promise<readonly ReturnType<typeof eventFacts>[]> {
  const { startsAtMs: fromMs, endsAtMs: toMs } = event
  const there = await agenda.between({ fromMs, toMs, maxEvents: MAX_CONFLICTS + 1 })
  return there
    .filter(({ eventId }) => eventId !== event.eventId)
    .slice(0, MAX_CONFLICTS)
    .map(eventFacts)
}

/** The answer to a local time that is no moment. */
export function refusedMoment({ reason }: Extract<LocalMoment, { ok: false }>): HandlerResult {
  return { kind: 'failed', code: reason === 'skipped' ? 'timeSkippedByClocks' : 'timeComesTwice' }
}

/** Whether it is longer than anything that is meant. */
export function isTooLong({ startsAtMs, endsAtMs }: Times): boolean {
  return endsAtMs - startsAtMs > LONGEST_MS
}
