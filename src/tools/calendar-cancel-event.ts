import { z } from 'zod'
import { idField } from './fields.ts'
import type { ToolSpec } from './tool-spec.ts'

/** Cancels an event of the owner's calendar. */
export const calendarCancelEvent: ToolSpec = {
  name: 'calendar_cancel_event',
  description:
    "Cancel an event of the owner's calendar. The owner is asked by the server first; what comes of it is told later.",
  risk: 'high',
  isEffect: true,
  arguments: z.strictObject({
    event_id: idField('The id of the event, as calendar_list_upcoming gives it.'),
  }),
}
