import { z } from 'zod'
import { decodeBase64, scanAudioDelta } from './audio-delta.ts'
import { jsonText } from './json-field.ts'
import { serverEventReaders } from './server-event.ts'
import type { ServerEvent } from './server-event.ts'

const id = z.string().min(1).max(256)
const audioDelta = z.object({ response_id: id, item_id: id, delta: z.string() })

/**
 * One text message of the provider as an event. Never throws: what cannot be read is `malformed`, what is not
 * needed or not known is `other`. Unknown fields are ignored.
 * @param message the bytes of the frame; read before this returns and not kept
 * @param scratch receives decoded audio; the event's `bytes` are valid until the next call with it
 */
export function decodeServerMessage(message: Buffer, scratch: Buffer): ServerEvent {
  const audio = scanAudioDelta(message, scratch)
  if (audio) return { kind: 'audio', ...audio }
  return decodeStrictly(message, scratch)
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

function audioEvent(value: unknown, scratch: Buffer): ServerEvent {
  const parsed = audioDelta.safeParse(value)
  if (!parsed.success) return { kind: 'malformed', reason: 'badShape' }
  const { response_id: responseId, item_id: itemId, delta } = parsed.data
  const bytes = /^[A-Za-z0-9+/]*={0,2}$/.test(delta) ? decodeBase64(delta, scratch) : undefined
  return bytes ? { kind: 'audio', responseId, itemId, bytes } : { kind: 'malformed', reason: 'badAudio' }
}
