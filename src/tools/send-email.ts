import { z } from 'zod'
import { addressField, lineField, textField } from './fields.ts'
import type { ToolSpec } from './tool-spec.ts'

/** Sends an e-mail. */
export const sendEmail: ToolSpec = {
  name: 'send_email',
  description:
    'Send an e-mail on behalf of the owner. The owner is asked by the server first; what comes of it is told later.',
  risk: 'high',
  isEffect: true,
  arguments: z.strictObject({
    to: addressField('The one address it goes to, such as ann@example.org.'),
    subject: lineField('The subject line.', 200),
    body: textField('The whole e-mail, as plain text.', 5_000),
  }),
}
