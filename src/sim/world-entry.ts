import type { FakeOpenAiLogEntry } from './openai/run-log.ts'
import type { TwilioLogEntry } from './twilio/event-log.ts'

/** Something that happened on one side of the world, at a time of its clock. */
export type WorldEntry =
  | { readonly side: 'openai'; readonly entry: FakeOpenAiLogEntry }
  | { readonly side: 'twilio'; readonly entry: TwilioLogEntry }
