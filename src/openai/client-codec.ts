import type {
  ConversationItem,
  RealtimeClientEvent,
  ResponseCreateEvent,
} from 'openai/resources/realtime/realtime'
import type { PastItem, ReplyRequest } from '../ports/speech.ts'

const prefix = Buffer.from('{"type":"input_audio_buffer.append","audio":"', 'latin1')
const suffix = Buffer.from('"}', 'latin1')

/**
 * The append event of caller audio as the bytes of one message: constant prefix, base64, constant suffix. It has no
 * event id: there is no acknowledgement to match.
 * @param audio any number of bytes in the session's input format; copied
 */
export function encodeAppend(audio: Uint8Array): Buffer {
  const source = Buffer.isBuffer(audio)
    ? audio
    : Buffer.from(audio.buffer, audio.byteOffset, audio.byteLength)
  const base64Chars = Math.ceil(source.length / 3) * 4
  const message = Buffer.allocUnsafe(prefix.length + base64Chars + suffix.length)
  message.set(prefix, 0)
  message.write(source.toString('base64'), prefix.length, 'latin1')
  message.set(suffix, prefix.length + base64Chars)
  return message
}

/** Short names of the events we send, as they stand in their ids. */
export type ClientEventName = 'update' | 'create' | 'cancel' | 'truncate' | 'delete' | 'item'

/** Any event but an append, with the id by which a refusal names it. */
export type NumberedEvent = Exclude<RealtimeClientEvent, { type: 'input_audio_buffer.append' }> & {
  readonly event_id: string
}

/**
 * Event ids of one session: the event's short name and a number, so that a refusal tells by itself what was refused.
 * `create` is numbered by the response sequencer.
 * @returns a function that yields `name_1`, `name_2`, …
 */
export function eventNumbering(): (name: Exclude<ClientEventName, 'create'>) => string {
  let count = 0
  return (name) => `${name}_${++count}`
}

/** An event as JSON text. */
export function encodeEvent(event: NumberedEvent): string {
  return JSON.stringify(event)
}

/**
 * The request for one reply on the default conversation.
 * @param key its event id, also put into the metadata: the provider copies that to the response, which tells ours
 *   from those that it creates by itself
 */
export function replyEvent(
  key: string,
  request: ReplyRequest,
): ResponseCreateEvent & { readonly event_id: string } {
  const { instructions, purpose, toolChoice } = request
  return {
    type: 'response.create',
    event_id: key,
    response: {
      metadata: { reply: key, ...(purpose !== undefined && { purpose }) },
      ...(instructions !== undefined && { instructions }),
      ...(toolChoice && { tool_choice: toolChoice }),
    },
  }
}

/** A text message of the conversation; what the assistant said before has a content type of its own. */
export function textItem(role: 'system' | 'user' | 'assistant', text: string): ConversationItem {
  switch (role) {
    case 'assistant':
      return { type: 'message', role, content: [{ type: 'output_text', text }] }
    case 'system':
    case 'user':
      return { type: 'message', role, content: [{ type: 'input_text', text }] }
  }
}

/**
 * What happened before a session, as items of its conversation: words of either side as text, for audio cannot be put
 * in, and a finished tool round as the pair of its call and its output.
 */
export function pastItems(past: PastItem): readonly ConversationItem[] {
  switch (past.kind) {
    case 'said':
      return [textItem(past.role, past.text)]
    case 'toolRound': {
      const { callId, name, output } = past
      return [
        { type: 'function_call', call_id: callId, name, arguments: past.arguments },
        { type: 'function_call_output', call_id: callId, output },
      ]
    }
  }
}
