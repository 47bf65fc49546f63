import { z } from 'zod'
import { type LocalMoment, localTimeOf, momentOf } from '../desk/local-time.ts'
import type { Clock } from '../lib/clock.ts'
import type { Agenda, EventSpan } from '../ports/agenda.ts'
import type { ToolHandler } from '../ports/tools.ts'
import { conflictsWith, eventFacts } from './calendar-event.ts'
import { checkedTimes, timesObjection, type WantedTimes } from './event-times.ts'
import {
  areOnTheClock,
  endsLater,
  idField,
  lineField,
  OFF_THE_CLOCK,
  timeField,
  zoneField,
} from './fields.ts'
import { handlerFor } from './tool-input.ts'
import type { ToolSpec } from './tool-spec.ts'

const input = z
  .strictObject({
    event_id: idField('The id of the event, as calendar_list_upcoming gives it.'),
    title: lineField('Its new title.', 120).optional(),
    start: timeField('When it is to start').optional(),
    end: timeField('When it is to end; it stays as long as it was when only a new start is given').optional(),
    time_zone: zoneField('The zone that the new times are in').optional(),
  })
  .refine((change) => Object.keys(change).length > 1, 'must change something')
  .refine(endsLater, 'must end after it starts')
  .refine(areOnTheClock, OFF_THE_CLOCK)

type Change = z.infer<typeof input>

/** Changes an event of the owner's calendar. */
export const calendarUpdateEvent: ToolSpec = {
  name: 'calendar_update_event',
  description:
    "Change an event of the owner's calendar; what is not given stays. The owner is asked by the server first; what comes of it is told later.",
  risk: 'high',
  isEffect: true,
  arguments: input,
  // An event that is not known has no question either.
  objectionTo: (given, { nowMs, event }) =>
    event && timesObjection(checkedTimes(timesAfter(event, input.parse(given)), { nowMs, before: event })),
}

/**
 * Changes the event that was asked about: one that somebody has changed since the question is left alone, and `changed`
 * is said.
 */
export function updateEventHandler(ports: { readonly agenda: Agenda; readonly clock: Clock }): ToolHandler {
  return handlerFor(input, async (change, { eventVersion, signal }) => {
    const { agenda, clock } = ports
    const event = await agenda.find(change.event_id)
    if (event?.state !== 'confirmed') return { kind: 'failed', code: event ? 'changed' : 'noSuchEvent' }
    const { eventId } = event
    const version = eventVersion ?? event.version
    if (version !== event.version) return { kind: 'failed', code: 'changed' }
    const times = checkedTimes(timesAfter(event, change), { nowMs: clock.wallMs(), before: event })
    if (!times.ok) return { kind: 'failed', code: times.code }
    const { startsAtMs, endsAtMs, timeZone } = times
    const after = { eventId, startsAtMs, endsAtMs, timeZone }
    const conflicts = await conflictsWith(agenda, after)
    if (signal.aborted) return { kind: 'failed', code: 'cancelled' }
    const { title } = change
    const updated = await agenda.update(
      { eventId, version, nowMs: Math.round(clock.wallMs()) },
      { ...(title !== undefined && { title }), startsAtMs, endsAtMs, timeZone },
    )
    if (updated !== 'updated') return { kind: 'failed', code: 'changed' }
    return { kind: 'done', result: { ...eventFacts(after), conflicts } }
  })
}

/** As the question reads a change out: with a new start alone it stays as long as it was, with a new zone the clocks. */
function timesAfter(event: EventSpan, change: Change): WantedTimes {
  const { start, end, time_zone: zone } = change
  const timeZone = zone ?? event.timeZone
  const startMoment = moved(event.startsAtMs, start, { event, zone })
  if (!startMoment.ok) return startMoment
  const lastsMs = event.endsAtMs - event.startsAtMs
  const keepsLength = end === undefined && start !== undefined
  const endMoment = keepsLength
    ? ({ ok: true, atMs: startMoment.atMs + lastsMs } as const)
    : moved(event.endsAtMs, end, { event, zone })
  if (!endMoment.ok) return endMoment
  return { ok: true, startsAtMs: startMoment.atMs, endsAtMs: endMoment.atMs, timeZone }
}

function moved(
  atMs: number,
  local: string | undefined,
  { event, zone }: { readonly event: EventSpan; readonly zone: string | undefined },
): LocalMoment {
  if (local === undefined && zone === undefined) return { ok: true, atMs }
  return momentOf(local ?? localTimeOf(atMs, event.timeZone), zone ?? event.timeZone)
}
