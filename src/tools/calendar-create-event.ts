import { z } from 'zod'
import { momentOf } from '../desk/local-time.ts'
import type { Clock } from '../lib/clock.ts'
import type { Agenda } from '../ports/agenda.ts'
import type { ToolHandler } from '../ports/tools.ts'
import { conflictsWith, eventFacts } from './calendar-event.ts'
import { checkedTimes, timesObjection, type WantedTimes } from './event-times.ts'
import { areOnTheClock, endsLater, lineField, OFF_THE_CLOCK, timeField, zoneField } from './fields.ts'
import { handlerFor, intentOf } from './tool-input.ts'
import type { ToolSpec } from './tool-spec.ts'

/** An event lasts so long where nobody says when it ends. */
const USUAL_MS = 60 * 60 * 1_000

const input = z
  .strictObject({
    title: lineField('What the event is.', 120),
    start: timeField('When it starts'),
    end: timeField('When it ends; an hour later when it is not given').optional(),
    time_zone: zoneField('The zone that both times are in'),
  })
  .refine(endsLater, 'must end after it starts')
  .refine(areOnTheClock, OFF_THE_CLOCK)

/** Adds an event to the owner's calendar. */
export const calendarCreateEvent: ToolSpec = {
  name: 'calendar_create_event',
  description:
    "Add an event to the owner's calendar. The owner is asked by the server first; what comes of it is told later.",
  risk: 'high',
  isEffect: true,
  arguments: input,
  objectionTo: (given, { nowMs }) => timesObjection(checkedTimes(timesOf(input.parse(given)), { nowMs })),
}

/**
 * Adds it, under an id made of the intent's, and tells what else is at that time. Two events at one time are the owner's
 * own affair: it is said and not refused.
 */
export function createEventHandler(ports: { readonly agenda: Agenda; readonly clock: Clock }): ToolHandler {
  return handlerFor(input, async (given, context) => {
    const { agenda, clock } = ports
    const times = checkedTimes(timesOf(given), { nowMs: clock.wallMs() })
    if (!times.ok) return { kind: 'failed', code: times.code }
    const { startsAtMs, endsAtMs, timeZone } = times
    const event = { startsAtMs, endsAtMs, timeZone }
    const eventId = intentOf(context).replace(/^intent_/, 'event_')
    const conflicts = await conflictsWith(agenda, { ...event, eventId })
    if (context.signal.aborted) return { kind: 'failed', code: 'cancelled' }
    await agenda.insert({ ...event, eventId, title: given.title, createdAtMs: Math.round(clock.wallMs()) })
    return { kind: 'done', result: { ...eventFacts({ ...event, eventId }), conflicts } }
  })
}

function timesOf({ start, end, time_zone: timeZone }: z.infer<typeof input>): WantedTimes {
  const from = momentOf(start, timeZone)
  if (!from.ok) return from
  const to = end === undefined ? ({ ok: true, atMs: from.atMs + USUAL_MS } as const) : momentOf(end, timeZone)
  return to.ok ? { ok: true, startsAtMs: from.atMs, endsAtMs: to.atMs, timeZone } : to
}
