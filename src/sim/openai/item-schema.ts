import { z } from 'zod'
import { decodeBase64 } from './base64.ts'

// 32 characters is an old documented limit; a client that keeps it is right either way.
const id = z.string().min(1).max(32)
const base = {
  id: id.optional(),
  object: z.literal('realtime.item').optional(),
  status: z.enum(['completed', 'incomplete', 'in_progress']).optional(),
}
const callId = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[a-zA-Z0-9_-]+$/)

const inputText = z.strictObject({ type: z.literal('input_text'), text: z.string() })
const inputAudio = z.strictObject({
  type: z.literal('input_audio'),
  audio: z.string().refine((text) => decodeBase64(text) !== undefined, { error: 'not base64' }),
  transcript: z.string().nullable().optional(),
})
const inputImage = z.strictObject({
  type: z.literal('input_image'),
  image_url: z.string().startsWith('data:image/'),
  detail: z.enum(['auto', 'low', 'high']).optional(),
})
const outputText = z.strictObject({ type: z.literal('output_text'), text: z.string() })

const systemMessage = z.strictObject({
  ...base,
  type: z.literal('message'),
  role: z.literal('system'),
  content: z.array(z.discriminatedUnion('type', [inputText])).min(1),
})
const userMessage = z.strictObject({
  ...base,
  type: z.literal('message'),
  role: z.literal('user'),
  content: z.array(z.discriminatedUnion('type', [inputText, inputAudio, inputImage])).min(1),
})
const assistantMessage = z.strictObject({
  ...base,
  type: z.literal('message'),
  role: z.literal('assistant'),
  // Assistant audio cannot be seeded.
  content: z.array(z.discriminatedUnion('type', [outputText])).min(1),
})
const functionCall = z.strictObject({
  ...base,
  type: z.literal('function_call'),
  call_id: callId.optional(),
  name: z.string().min(1).max(64),
  arguments: z.string(),
})
const functionCallOutput = z.strictObject({
  ...base,
  type: z.literal('function_call_output'),
  call_id: callId,
  output: z.string(),
})
const approvalResponse = z.strictObject({
  id: id.optional(),
  type: z.literal('mcp_approval_response'),
  approval_request_id: z.string(),
  approve: z.boolean(),
  reason: z.string().nullable().optional(),
})
const itemReference = z.strictObject({ type: z.literal('item_reference'), id: z.string() })

const message = z.discriminatedUnion('role', [systemMessage, userMessage, assistantMessage])

/** An item that a client may put into the conversation. */
export const clientItemSchema = z.discriminatedUnion('type', [
  message,
  functionCall,
  functionCallOutput,
  approvalResponse,
])

/** An item in the `input` of one response: a new one, or a reference to one in the conversation. */
export const inputItemSchema = z.discriminatedUnion('type', [
  message,
  functionCall,
  functionCallOutput,
  approvalResponse,
  itemReference,
])

/** An item as a client writes it. */
export type ClientItem = z.infer<typeof clientItemSchema>
