import { base64Length, encodeBase64 } from '../audio/base64.ts'
import { closeMaskedFrame, maxFrameMessageBytes, openMaskedFrame } from '../lib/text-frame.ts'
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
  const message = Buffer.allocUnsafe(appendBytes(audio))
  writeAppend(message, audio)
  return message
}

/** The same as a frame that is ready to be sent; undefined where it is too long for one of this kind (a second of PCM). */
export function encodeAppendFrame(audio: Uint8Array): Buffer | undefined {
  const messageBytes = appendBytes(audio)
  if (messageBytes > maxFrameMessageBytes) return undefined
  const frame = openMaskedFrame(messageBytes)
  writeAppend(frame, audio)
  closeMaskedFrame(frame, messageBytes)
  return frame
}

function appendBytes(audio: Uint8Array): number {
  return prefix.length + base64Length(audio.length) + suffix.length
}

/** Writes the event into the end of a buffer. */
function writeAppend(target: Buffer, audio: Uint8Array): void {
  const from = target.length - appendBytes(audio)
  target.set(prefix, from)
  const end = encodeBase64(audio, target, from + prefix.length)
  target.set(suffix, end)
}

/** Short names of the events we send, as they stand in their ids. */
export type ClientEventName = 'update' | 'create' | 'cancel' | 'truncate' | 'delete' | 'item' | 'probe'

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
  const { instructions, purpose, id, toolChoice } = request
  return {
    type: 'response.create',
    event_id: key,
    response: {
      metadata: { reply: key, ...(purpose !== undefined && { purpose }), ...(id !== undefined && { id }) },
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
