import { bytesPerMs } from './audio-format.ts'
import type { StoredItem } from './conversation.ts'
import type { ClientItem } from './item-schema.ts'
import type { WireItem } from './server-events.ts'
import type { SessionContext } from './session-context.ts'

type UserMessage = Extract<ClientItem, { role: 'user' }>
type UserContent = Extract<WireItem, { role: 'user' }>['content']

/** Makes an item of the conversation from what a client wrote; what it left out is filled in. */
export function storedItem(item: ClientItem, context: SessionContext): StoredItem {
  const id = item.id ?? context.newId('item')
  switch (item.type) {
    case 'message':
      return storedMessage(item, id, context)
    case 'function_call': {
      const call_id = item.call_id ?? context.newId('call')
      return {
        wire: { ...base(id), type: 'function_call', name: item.name, arguments: item.arguments, call_id },
      }
    }
    case 'function_call_output':
      return {
        wire: { ...base(id), type: 'function_call_output', call_id: item.call_id, output: item.output },
      }
    case 'mcp_approval_response': {
      const { type, approval_request_id, approve } = item
      return { wire: { id, type, approval_request_id, approve, reason: item.reason ?? null } }
    }
  }
}

function storedMessage(
  item: Extract<ClientItem, { type: 'message' }>,
  id: string,
  context: SessionContext,
): StoredItem {
  switch (item.role) {
    case 'system':
      return { wire: { ...base(id), type: 'message', role: 'system', content: item.content } }
    case 'assistant':
      return { wire: { ...base(id), type: 'message', role: 'assistant', content: item.content } }
    case 'user':
      return storedUserMessage(item, id, context)
  }
}

function storedUserMessage(item: UserMessage, id: string, context: SessionContext): StoredItem {
  const content: UserContent = item.content.map((part) => {
    if (part.type === 'input_text') return part
    if (part.type === 'input_image')
      return { type: part.type, image_url: part.image_url, detail: part.detail ?? 'auto' }
    return { type: part.type, transcript: part.transcript ?? null }
  })
  const wire: WireItem = { ...base(id), type: 'message', role: 'user', content }
  const chunks = item.content.flatMap((part) =>
    part.type === 'input_audio' ? [Buffer.from(part.audio, 'base64')] : [],
  )
  if (chunks.length === 0) return { wire }
  const format = context.config().audio.input.format
  const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
  const whole = bytes - (bytes % bytesPerMs(format))
  return { wire, audio: { format, chunks, bytes: whole, truncated: false } }
}

function base(id: string): { id: string; object: 'realtime.item'; status: 'completed' } {
  return { id, object: 'realtime.item', status: 'completed' }
}
