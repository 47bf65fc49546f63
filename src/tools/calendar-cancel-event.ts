import { z } from 'zod'
import type { Clock } from '../lib/clock.ts'
import type { Agenda } from '../ports/agenda.ts'
import type { ToolHandler } from '../ports/tools.ts'
import { eventFacts } from './calendar-event.ts'
import { idField } from './fields.ts'
import { handlerFor } from './tool-input.ts'
import type { ToolSpec } from './tool-spec.ts'

const input = z.strictObject({
  event_id: idField('The id of the event, as calendar_list_upcoming gives it.'),
})

/** Cancels an event of the owner's calendar. */
export const calendarCancelEvent: ToolSpec = {
  name: 'calendar_cancel_event',
  description:
    "Cancel an event of the owner's calendar. The owner is asked by the server first; what comes of it is told later.",
  risk: 'high',
  isEffect: true,
  arguments: input,
}

/** Cancels the event that was asked about, as it was then: one that was changed since stays. */
export function cancelEventHandler(ports: { readonly agenda: Agenda; readonly clock: Clock }): ToolHandler {
  return handlerFor(input, async ({ event_id: eventId }, { eventVersion, signal }) => {
    const { agenda, clock } = ports
    const event = await agenda.find(eventId)
    if (event?.state !== 'confirmed') return { kind: 'failed', code: event ? 'changed' : 'noSuchEvent' }
    if (signal.aborted) return { kind: 'failed', code: 'cancelled' }
    const at = { eventId, version: eventVersion ?? event.version, nowMs: Math.round(clock.wallMs()) }
    const updated = await agenda.update(at, { state: 'cancelled' })
    if (updated !== 'updated') return { kind: 'failed', code: 'changed' }
    return { kind: 'done', result: { ...eventFacts(event), cancelled: true } }
  })
}
