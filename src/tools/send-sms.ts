import { z } from 'zod'
import { numberField, textField } from './fields.ts'
import type { ToolSpec } from './tool-spec.ts'

/** Sends a text message. */
export const sendSms: ToolSpec = {
  name: 'send_sms',
  description:
    'Send a text message on behalf of the owner. The owner is asked by the server first; what comes of it is told later.',
  risk: 'high',
  isEffect: true,
  arguments: z.strictObject({
    to_number: numberField('Who to write to'),
    body: textField('The whole message, as it is to be sent.', 1_000),
  }),
}
