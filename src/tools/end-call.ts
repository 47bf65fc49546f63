import { z } from 'zod'
import type { ToolHandler } from '../ports/tools.ts'
import { defineTool, type Tool } from './registry.ts'
import type { ToolSpec } from './tool-spec.ts'

const noArguments = z.strictObject({})

/** Lets the model end the call when the conversation is over. */
export const endCallSpec: ToolSpec = {
  name: 'end_call',
  description:
    'End the phone call. Use it when the caller has said goodbye or has nothing more to ask, after you have said goodbye yourself.',
  risk: 'low',
  isEffect: false,
  arguments: noArguments,
}

/** Ends the call once what is being said has been heard. */
export const endCallHandler: ToolHandler = async () => ({
  kind: 'done',
  result: { state: 'ending after your goodbye' },
  next: 'endCall',
})

/** The same with what it does: the caller hears the goodbye, then is hung up on. */
export const endCall: Tool = defineTool({
  name: endCallSpec.name,
  description: endCallSpec.description,
  arguments: noArguments,
  run: async () => ({ status: 'done', output: JSON.stringify({ status: 'done' }), next: 'endCall' }),
})
