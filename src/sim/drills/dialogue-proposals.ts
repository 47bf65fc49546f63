import type { Random } from '../caller/random.ts'
import { contents } from './dialogue-words.ts'
import { highRisk } from './dialogue-story.ts'
import { pick } from './odd-values.ts'

/** A tool call of the model. Without ids it gets new ones. */
export type Proposed = {
  readonly tool: string
  readonly input: Readonly<Record<string, unknown>>
  readonly callId?: string
  readonly responseId?: string
}

const numbers = ['+14155550123', '+14155550124', '+442079460001']
const tools = [
  ...Array.from({ length: 6 }, () => 'send_sms'),
  ...highRisk,
  'make_call',
  'list_emails',
  'web_research',
  'web_research',
  'take_message',
  'find_contact',
  'end_call',
  'delete_everything',
]

/** Something the model asks for: of one tool, or of any. */
export function proposalOf(random: Random, tool: string = pick(random, tools)): Proposed {
  return { tool, input: inputOf(tool, random) }
}

/** The model says itself that there is a yes. */
export function consentClaimed({ tool, input }: Proposed): Proposed {
  return { tool, input: { ...input, confirmed: true } }
}

/** The same again in a response of its own. */
export function retryOf({ tool, input }: Proposed): Proposed {
  return { tool, input }
}

function inputOf(tool: string, random: Random): Proposed['input'] {
  const content = pick(random, contents)
  switch (tool) {
    case 'make_call':
      return { to_number: pick(random, numbers), purpose: content }
    case 'send_sms':
      return { to_number: pick(random, numbers), body: content }
    case 'send_email':
      return { to: pick(random, ['ann@example.org', 'bob@example.org']), subject: 'Hello', body: content }
    case 'calendar_create_event':
      return {
        title: pick(random, ['Dentist', 'Just now, thanks, and so on']),
        start: '2026-11-24T10:30',
        time_zone: 'Europe/London',
      }
    case 'list_emails':
      return { max_emails: 5 }
    case 'web_research':
      return { query: pick(random, ['When does the museum open?', 'Just now, thanks, and so']) }
    case 'take_message':
      return { message: content }
    case 'find_contact':
      return { name: 'Ann' }
    default:
      return {}
  }
}
