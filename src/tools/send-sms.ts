import { z } from 'zod'
import type { Outbound } from '../ports/telephony.ts'
import type { ToolHandler } from '../ports/tools.ts'
import { numberField, textField } from './fields.ts'
import { resultOf } from './telephony-result.ts'
import { handlerFor, intentOf } from './tool-input.ts'
import type { ToolSpec } from './tool-spec.ts'

const input = z.strictObject({
  to_number: numberField('Who to write to'),
  body: textField('The whole message, as it is to be sent.', 1_000),
})

/** Sends a text message. */
export const sendSms: ToolSpec = {
  name: 'send_sms',
  description:
    'Send a text message on behalf of the owner. The owner is asked by the server first; what comes of it is told later.',
  risk: 'high',
  isEffect: true,
  arguments: input,
}

/** What a text is sent by. */
export type SendSmsPorts = {
  readonly outbound: Outbound
  readonly from: string
  /** Told that whoever it was for wants no texts of ours, and on which call that became known. */
  readonly onOptedOut: (number: string, sessionId: string) => void
}

/** Hands it to the network, once. That it took it does not say that it was delivered; that is told by its callback. */
export function sendSmsHandler(ports: SendSmsPorts): ToolHandler {
  return handlerFor(input, async ({ to_number: to, body }, context) => {
    const text = { from: ports.from, to, body, ref: intentOf(context) }
    const outcome = await ports.outbound.sendText(text, context.signal)
    if (!outcome.ok && outcome.isOptedOut) ports.onOptedOut(to, context.sessionId)
    return resultOf(outcome, { state: 'sent to the network' })
  })
}
