import { z } from 'zod'
import { idField, lineField, timeField, zoneField } from './fields.ts'
import type { ToolSpec } from './tool-spec.ts'

/** Changes an event of the owner's calendar. */
export const calendarUpdateEvent: ToolSpec = {
  name: 'calendar_update_event',
  description:
    "Change an event of the owner's calendar; what is not given stays. The owner is asked by the server first; what comes of it is told later.",
  risk: 'high',
  isEffect: true,
  arguments: z
    .strictObject({
      event_id: idField('The id of the event, as calendar_list_upcoming gives it.'),
      title: lineField('Its new title.', 120).optional(),
      start: timeField('When it is to start').optional(),
      end: timeField('When it is to end').optional(),
      time_zone: zoneField('The zone that the new times are in').optional(),
    })
    .refine((change) => Object.keys(change).length > 1, 'must change something')
    .refine(
      ({ start, end }) => start === undefined || end === undefined || end > start,
      'must end after it starts',
    ),
}
