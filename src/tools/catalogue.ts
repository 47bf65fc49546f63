import { calendarCancelEvent } from './calendar-cancel-event.ts'
import { calendarCreateEvent } from './calendar-create-event.ts'
import { calendarListUpcoming } from './calendar-list-upcoming.ts'
import { calendarUpdateEvent } from './calendar-update-event.ts'
import { endCallSpec } from './end-call.ts'
import { findContact } from './find-contact.ts'
import { listEmails } from './list-emails.ts'
import { makeCall } from './make-call.ts'
import { readEmail } from './read-email.ts'
import { sendEmail } from './send-email.ts'
import { sendSms } from './send-sms.ts'
import { takeMessage } from './take-message.ts'
import type { ToolSpec } from './tool-spec.ts'
import { webResearch } from './web-research.ts'

/** Every tool there is; which of them are offered is decided by who can do them, and for whom. */
export const catalogue: readonly ToolSpec[] = [
  makeCall,
  sendSms,
  sendEmail,
  listEmails,
  readEmail,
  webResearch,
  calendarCreateEvent,
  calendarListUpcoming,
  calendarUpdateEvent,
  calendarCancelEvent,
  takeMessage,
  findContact,
  endCallSpec,
]
