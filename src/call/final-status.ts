import type { CallStatus } from '../ports/incoming-calls.ts'

const finalStatuses: ReadonlySet<CallStatus> = new Set([
  'completed',
  'busy',
  'no-answer',
  'failed',
  'canceled',
])

/** Whether a call is over that stands so at the network. */
export function isFinal(status: CallStatus): boolean {
  return finalStatuses.has(status)
}
