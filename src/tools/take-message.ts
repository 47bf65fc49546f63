import { z } from 'zod'
import { lineField, textField } from './fields.ts'
import type { ToolSpec } from './tool-spec.ts'

/** Takes a message for the owner, from anybody. */
export const takeMessage: ToolSpec = {
  name: 'take_message',
  description:
    'Take a message for the owner when the caller wants to leave one. Read it back to the caller before. The owner is told of it.',
  risk: 'low',
  isEffect: true,
  maxPerSession: 3,
  arguments: z.strictObject({
    message: textField('The message in the words of the caller.', 1_000),
    caller_name: lineField('The name that the caller gave.', 80).optional(),
    call_back: lineField('How the caller wants to be reached, where it is not this number.', 80).optional(),
  }),
}
