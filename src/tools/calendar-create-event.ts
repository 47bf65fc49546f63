import { z } from 'zod'
import { lineField, timeField, zoneField } from './fields.ts'
import type { ToolSpec } from './tool-spec.ts'

/** Adds an event to the owner's calendar. */
export const calendarCreateEvent: ToolSpec = {
  name: 'calendar_create_event',
  description:
    "Add an event to the owner's calendar. The owner is asked by the server first; what comes of it is told later.",
  risk: 'high',
  isEffect: true,
  arguments: z
    .strictObject({
      title: lineField('What the event is.', 120),
      start: timeField('When it starts'),
      end: timeField('When it ends').optional(),
      time_zone: zoneField('The zone that both times are in'),
    })
    .refine(({ start, end }) => end === undefined || end > start, 'must end after it starts'),
}
