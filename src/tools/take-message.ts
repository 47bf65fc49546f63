import { z } from 'zod'
import type { Clock } from '../lib/clock.ts'
import type { OwnerNotice } from '../ports/owner-notice.ts'
import type { CallStorage } from '../ports/storage.ts'
import type { ToolHandler } from '../ports/tools.ts'
import { lineField, textField } from './fields.ts'
import { handlerFor, intentOf } from './tool-input.ts'
import type { ToolSpec } from './tool-spec.ts'

const input = z.strictObject({
  message: textField('The message in the words of the caller.', 1_000),
  caller_name: lineField('The name that the caller gave.', 80).optional(),
  call_back: lineField('How the caller wants to be reached, where it is not this number.', 80).optional(),
})

/** Takes a message for the owner, from anybody. */
export const takeMessage: ToolSpec = {
  name: 'take_message',
  description:
    'Take a message for the owner when the caller wants to leave one. Read it back to the caller before. The owner is told of it.',
  risk: 'low',
  isEffect: true,
  maxPerSession: 3,
  arguments: input,
}

/** What a message is kept by and told with. */
export type TakeMessagePorts = {
  readonly calls: Pick<CallStorage, 'findCall' | 'insertMessage'>
  readonly ownerNotice: OwnerNotice
  readonly clock: Clock
  /** Runs work whose outcome nobody waits for; a failure is logged and counted. */
  readonly background: (name: string, work: Promise<unknown>) => void
}

/** Keeps it, durably, and then tells the owner: the caller does not wait for that. */
export function takeMessageHandler(ports: TakeMessagePorts): ToolHandler {
  const { calls, ownerNotice, clock, background } = ports
  return handlerFor(input, async ({ message, caller_name: callerName, call_back: callBack }, context) => {
    const { sessionId: callSid, signal } = context
    const call = await calls.findCall(callSid)
    if (!call) return { kind: 'failed', code: 'noSuchCall' }
    if (signal.aborted) return { kind: 'failed', code: 'cancelled' }
    const taken = {
      messageId: intentOf(context),
      callSid,
      // Of a call that we placed, whoever was called leaves it.
      from: call.direction === 'inbound' ? call.from : call.to,
      receivedAtMs: Math.round(clock.wallMs()),
      kind: 'words',
      text: message,
      ...(callerName !== undefined && { callerName }),
      ...(callBack !== undefined && { callBack }),
    } as const
    if (await calls.insertMessage(taken)) background('messageNotice', ownerNotice.messageKept(taken))
    return { kind: 'done', result: { kept: true } }
  })
}
