import { createBackground } from '../ops/background.ts'
import { toolRule } from '../policy/tool-rules.ts'
import type { Research } from '../ports/research.ts'
import type { OwnerNotice } from '../ports/owner-notice.ts'
import type { Outbound } from '../ports/telephony.ts'
import type { OfferedTool, ToolHandler } from '../ports/tools.ts'
import type { Records } from '../storage/open-storage.ts'
import { cancelEventHandler } from '../tools/calendar-cancel-event.ts'
import { createEventHandler } from '../tools/calendar-create-event.ts'
import { listUpcomingHandler } from '../tools/calendar-list-upcoming.ts'
import { updateEventHandler } from '../tools/calendar-update-event.ts'
import { catalogue } from '../tools/catalogue.ts'
import { endCallHandler } from '../tools/end-call.ts'
import { findContactHandler } from '../tools/find-contact.ts'
import { makeCallHandler } from '../tools/make-call.ts'
import { offeredTools } from '../tools/offered-tools.ts'
import { sendSmsHandler } from '../tools/send-sms.ts'
import { takeMessageHandler } from '../tools/take-message.ts'
import { webResearchHandler } from '../tools/web-research.ts'
import { optOutKeeper } from './keep-opt-out.ts'
import type { Parts } from './parts.ts'

/** What the tools do their work with. */
export type ToolWorld = {
  readonly records: Pick<
    Records,
    'calls' | 'contacts' | 'agenda' | 'audit' | 'effects' | 'people' | 'permissions'
  >
  readonly outbound: Outbound
  readonly ownerNotice: OwnerNotice
  readonly research: Research
}

/**
 * Every tool that can be offered here, each with what does it. Those of mail have nothing yet that does them, and those
 * that reach a number need one of ours.
 */
export function buildTools(
  parts: Pick<Parts, 'config' | 'clock' | 'log' | 'metrics'>,
  world: ToolWorld,
): readonly OfferedTool[] {
  const { clock, config } = parts
  const { records, outbound, ownerNotice, research } = world
  const { calls, contacts, agenda } = records
  const background = createBackground(parts)
  const keepOptOut = optOutKeeper(parts, records)
  const onOptedOut = (number: string, session: string): void =>
    background('optOut', keepOptOut({ number, isProven: true, source: 'sms', session }))
  const [from] = config.twilio.phoneNumbers
  const { callMaxSeconds: maxSeconds } = config.limits
  const handlers = new Map<string, ToolHandler>([
    ['end_call', endCallHandler],
    ['take_message', takeMessageHandler({ calls, ownerNotice, clock, background })],
    ['find_contact', findContactHandler({ contacts })],
    ['web_research', webResearchHandler({ research })],
    ['calendar_create_event', createEventHandler({ agenda, clock })],
    ['calendar_list_upcoming', listUpcomingHandler({ agenda, clock })],
    ['calendar_update_event', updateEventHandler({ agenda, clock })],
    ['calendar_cancel_event', cancelEventHandler({ agenda, clock })],
  ])
  if (from !== undefined) {
    handlers.set('send_sms', sendSmsHandler({ outbound, from, onOptedOut }))
    handlers.set('make_call', makeCallHandler({ outbound, from, maxSeconds }))
  }
  return offeredTools(catalogue, { riskOf: (name) => toolRule(name)?.risk, handlers })
}
