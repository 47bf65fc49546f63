import { scanFlatEvent } from './flat-event.ts'
import { startsWith } from './json-bytes.ts'
import { jsonText } from './json-field.ts'
import { idAt, serverEventReaders } from './server-event.ts'
import type { ServerEvent } from './server-event.ts'

const CLOSING_BRACE = 0x7d

/**
 * One text message of the provider as an event. Never throws: what cannot be read is `malformed`, what is not
 * needed or not known is `other`. Unknown fields are ignored.
 * @param message the bytes of the frame; read before this returns and not kept
 * @param scratch receives decoded audio; the event's `bytes` are valid until the next call with it
 */
export function decodeServerMessage(message: Buffer, scratch: Buffer): ServerEvent {
  return scanFlatEvent(message, scratch) ?? unneeded(message) ?? decodeStrictly(message, scratch)
}

/** Of these nothing is used, so they need not be read: a quarter of what comes between two sounds. */
const unneededTypes = [
  'conversation.item.done',
  'conversation.item.truncated',
  'rate_limits.updated',
  'response.content_part.added',
  'response.content_part.done',
  'response.function_call_arguments.delta',
  'response.function_call_arguments.done',
].map((type) => ({ type, beginning: Buffer.from(`{"type":"${type}",`) }))

/** An event by its first field alone, where the provider has written its type there and needs no answer to it. */
function unneeded(message: Buffer): ServerEvent | undefined {
  if (message.at(-1) !== CLOSING_BRACE) return undefined
  const found = unneededTypes.find(({ beginning }) => startsWith(message, beginning))
  return found && { kind: 'other', type: found.type }
}

/** The slow and strict way, by `JSON.parse` and a check of every field that is used. */
export function decodeStrictly(message: Buffer, scratch: Buffer): ServerEvent {
  let value: unknown
  try {
    value = JSON.parse(message.toString('utf8'))
  } catch {
    return { kind: 'malformed', reason: 'notJson' }
  }
  const type = jsonText(value, 'type')
  if (type === undefined) return { kind: 'malformed', reason: 'noType' }
  if (type === 'response.output_audio.delta') return audioEvent(value, scratch)
  return serverEventReaders.get(type)?.(value) ?? { kind: 'other', type }
}

/**
 * Base64 to bytes, strictly: whole groups, standard alphabet up to what the caller has already excluded.
 * @returns undefined when the text is not what its length promises, for then characters were skipped
 */
export function decodeBase64(text: string, scratch: Buffer): Uint8Array | undefined {
  if (text.length % 4 !== 0) return undefined
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  const promisedBytes = (text.length / 4) * 3 - padding
  const target = promisedBytes <= scratch.length ? scratch : Buffer.allocUnsafe(promisedBytes)
  const bytes = target.write(text, 0, 'base64')
  return bytes === promisedBytes ? target.subarray(0, bytes) : undefined
}

function audioEvent(value: unknown, scratch: Buffer): ServerEvent {
  const responseId = idAt(value, 'response_id')
  const itemId = idAt(value, 'item_id')
  const delta = jsonText(value, 'delta')
  if (responseId === undefined || itemId === undefined || delta === undefined)
    return { kind: 'malformed', reason: 'badShape' }
  const bytes = /^[A-Za-z0-9+/]*={0,2}$/.test(delta) ? decodeBase64(delta, scratch) : undefined
  return bytes ? { kind: 'audio', responseId, itemId, bytes } : { kind: 'malformed', reason: 'badAudio' }
}
