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

/** Hands it to the network, once. That it took it does not say that it was delivered; that is told by its callback. */
export function sendSmsHandler(ports: { readonly outbound: Outbound; readonly from: string }): ToolHandler {
  return handlerFor(input, async ({ to_number: to, body }, context) => {
    const text = { from: ports.from, to, body, ref: intentOf(context) }
    return resultOf(await ports.outbound.sendText(text, context.signal), { state: 'sent to the network' })
  })
}
