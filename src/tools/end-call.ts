import { z } from 'zod'
import { defineTool, type Tool } from './registry.ts'

/** Lets the model end the call when the conversation is over: the caller hears the goodbye, then is hung up on. */
export const endCall: Tool = defineTool({
  name: 'end_call',
  description:
    'End the phone call. Use it when the caller has said goodbye or has nothing more to ask, after you have said goodbye yourself.',
  arguments: z.strictObject({}),
  run: async () => ({ status: 'done', output: JSON.stringify({ status: 'done' }), next: 'endCall' }),
})
