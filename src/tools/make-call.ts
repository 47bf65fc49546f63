import { z } from 'zod'
import { numberField, textField } from './fields.ts'
import type { ToolSpec } from './tool-spec.ts'

/** Places a call of its own, with a purpose, and reports back. */
export const makeCall: ToolSpec = {
  name: 'make_call',
  description:
    'Call somebody and speak with them on behalf of the owner. The owner is asked by the server first; what comes of it is told later.',
  risk: 'high',
  isEffect: true,
  arguments: z.strictObject({
    to_number: numberField('Who to call'),
    purpose: textField('What the call is for and what is to be found out, in one to three sentences.', 500),
  }),
}
