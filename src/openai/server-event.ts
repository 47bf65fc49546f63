import type { SpeechUsage } from '../ports/speech.ts'
import { responseRetryable, safeCode } from './errors.ts'
import { jsonCount, jsonField, jsonText } from './json-field.ts'
import { speechUsage } from './usage.ts'

/** How a response ended. */
export type ResponseStatus = 'completed' | 'cancelled' | 'incomplete' | 'failed'

/** An item of the conversation, as far as it matters here. */
export type ServerItem =
  | { readonly kind: 'message'; readonly itemId: string; readonly role: string }
  | {
      readonly kind: 'functionCall'
      readonly itemId: string
      readonly status: string
      readonly callId: string
      readonly name: string
      readonly arguments: string
    }
  | { readonly kind: 'otherItem'; readonly itemId: string }

/** A response's identity; `replyKey` is what we put into the metadata of a `response.create` of ours. */
export type ResponseIdentity = {
  readonly responseId: string
  /** It does not belong to the default conversation. */
  readonly outOfBand: boolean
  readonly replyKey?: string
  readonly purpose?: string
  readonly requestId?: string
}

/** What the server said, in our words. */
export type ServerEvent =
  | {
      readonly kind: 'audio'
      readonly responseId: string
      readonly itemId: string
      readonly bytes: Uint8Array
    }
  | { readonly kind: 'sessionCreated'; readonly sessionId: string; readonly expiresAtWallMs?: number }
  | {
      readonly kind: 'sessionUpdated'
      readonly sessionId?: string
      readonly expiresAtWallMs?: number
      readonly session: unknown
    }
  | { readonly kind: 'speechStarted' | 'speechStopped' | 'turnCommitted'; readonly itemId: string }
  | { readonly kind: 'callerText'; readonly itemId: string; readonly text: string; readonly final: boolean }
  | { readonly kind: 'callerTextFailed'; readonly itemId: string; readonly code: string }
  | { readonly kind: 'itemAdded'; readonly itemId: string }
  | ({ readonly kind: 'responseCreated' } & ResponseIdentity)
  | {
      readonly kind: 'outputItemAdded' | 'outputItemDone'
      readonly responseId: string
      readonly item: ServerItem
    }
  | {
      readonly kind: 'replyText'
      readonly responseId: string
      readonly itemId: string
      readonly text: string
      readonly final: boolean
    }
  | { readonly kind: 'audioDone'; readonly responseId: string; readonly itemId: string }
  | ({
      readonly kind: 'responseDone'
      readonly status: ResponseStatus
      readonly code?: string
      readonly retryable: boolean
      readonly usage?: SpeechUsage
    } & ResponseIdentity)
  | {
      readonly kind: 'error'
      readonly type: string
      readonly code: string
      readonly param?: string
      readonly eventId?: string
    }
  /** A type that nothing here needs, or that this version does not know. */
  | { readonly kind: 'other'; readonly type: string }
  | {
      readonly kind: 'malformed'
      readonly reason: 'notText' | 'notJson' | 'noType' | 'badShape' | 'badAudio'
    }

type Fields = Readonly<Record<string, unknown>>
type Reader = (message: unknown) => ServerEvent

const maxNameChars = 256
const badShape = { kind: 'malformed', reason: 'badShape' } as const
const transcription = 'conversation.item.input_audio_transcription'
const transcript = 'response.output_audio_transcript'

/**
 * Every event type that the product uses; what is of another shape is malformed. Audio deltas have a codec of their own.
 * Checked by hand and not by a schema: these stand before the first sound of a reply, and a schema takes three times
 * as long for each. Source: Realtime GA server events
 */
export const serverEventReaders: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['session.created', sessionCreated],
  ['session.updated', sessionUpdated],
  ['input_audio_buffer.speech_started', itemEvent('speechStarted')],
  ['input_audio_buffer.speech_stopped', itemEvent('speechStopped')],
  ['input_audio_buffer.committed', itemEvent('turnCommitted')],
  [`${transcription}.delta`, (message) => callerText(message, 'delta')],
  [`${transcription}.completed`, (message) => callerText(message, 'transcript')],
  [`${transcription}.failed`, callerTextFailed],
  ['conversation.item.added', itemAdded],
  ['response.created', responseCreated],
  ['response.output_item.added', outputItem('outputItemAdded')],
  ['response.output_item.done', outputItem('outputItemDone')],
  [`${transcript}.delta`, (message) => replyText(message, 'delta')],
  [`${transcript}.done`, (message) => replyText(message, 'transcript')],
  ['response.output_audio.done', audioDone],
  ['response.done', responseDone],
  ['error', (message) => (isObject(jsonField(message, 'error')) ? providerError(message) : badShape)],
])

/**
 * The id of a field; undefined where it is none. Ids are echoed into maps and logs: bounded like everything a peer can
 * make grow.
 */
export function idAt(value: unknown, name: string): string | undefined {
  const found = isObject(value) ? value[name] : undefined
  return typeof found === 'string' && found !== '' && found.length <= maxNameChars ? found : undefined
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Whether an optional field is text, null or not there. */
function isTextOrNone(value: unknown): value is string | null | undefined {
  return typeof value === 'string' || value === null || value === undefined
}

function sessionCreated(message: unknown): ServerEvent {
  const sessionId = idAt(jsonField(message, 'session'), 'id')
  return sessionId === undefined ? badShape : { kind: 'sessionCreated', sessionId, ...expiry(message) }
}

function sessionUpdated(message: unknown): ServerEvent {
  const session = jsonField(message, 'session')
  if (!isObject(session)) return badShape
  const sessionId = jsonText(session, 'id')
  return { kind: 'sessionUpdated', session, ...(sessionId && { sessionId }), ...expiry(message) }
}

function itemEvent(kind: 'speechStarted' | 'speechStopped' | 'turnCommitted'): Reader {
  return (message) => {
    const itemId = idAt(message, 'item_id')
    return itemId === undefined ? badShape : { kind, itemId }
  }
}

function callerText(message: unknown, field: 'delta' | 'transcript'): ServerEvent {
  const itemId = idAt(message, 'item_id')
  const text = jsonText(message, field)
  if (itemId === undefined || text === undefined) return badShape
  return { kind: 'callerText', itemId, text, final: field === 'transcript' }
}

function callerTextFailed(message: unknown): ServerEvent {
  const itemId = idAt(message, 'item_id')
  if (itemId === undefined) return badShape
  const code = safeCode(jsonText(message, 'error', 'code') ?? jsonText(message, 'error', 'type'))
  return { kind: 'callerTextFailed', itemId, code }
}

function itemAdded(message: unknown): ServerEvent {
  const itemId = idAt(jsonField(message, 'item'), 'id')
  return itemId === undefined ? badShape : { kind: 'itemAdded', itemId }
}

function outputItem(kind: 'outputItemAdded' | 'outputItemDone'): Reader {
  return (message) => {
    const responseId = idAt(message, 'response_id')
    const item = serverItem(jsonField(message, 'item'))
    return responseId === undefined || item === undefined ? badShape : { kind, responseId, item }
  }
}

function serverItem(found: unknown): ServerItem | undefined {
  const itemId = idAt(found, 'id')
  if (itemId === undefined || !isObject(found)) return undefined
  const { type, role, status, call_id: callId, name, arguments: args } = found
  if (typeof type !== 'string' || !isTextOrNone(role) || !isTextOrNone(status) || !isTextOrNone(args))
    return undefined
  const isIdOrNone = callId === undefined || callId === null || idAt(found, 'call_id') !== undefined
  if (!isIdOrNone || !isTextOrNone(name) || (name?.length ?? 0) > maxNameChars) return undefined
  if (type === 'message') return { kind: 'message', itemId, role: role ?? 'assistant' }
  // Without these three nothing could be run or answered.
  if (type !== 'function_call' || typeof callId !== 'string' || !name) return { kind: 'otherItem', itemId }
  return { kind: 'functionCall', itemId, status: status ?? '', callId, name, arguments: args ?? '' }
}

function replyText(message: unknown, field: 'delta' | 'transcript'): ServerEvent {
  const responseId = idAt(message, 'response_id')
  const itemId = idAt(message, 'item_id')
  const text = jsonText(message, field)
  if (responseId === undefined || itemId === undefined || text === undefined) return badShape
  return { kind: 'replyText', responseId, itemId, text, final: field === 'transcript' }
}

function audioDone(message: unknown): ServerEvent {
  const responseId = idAt(message, 'response_id')
  const itemId = idAt(message, 'item_id')
  if (responseId === undefined || itemId === undefined) return badShape
  return { kind: 'audioDone', responseId, itemId }
}

function responseCreated(message: unknown): ServerEvent {
  const found = identity(message)
  return found ? { kind: 'responseCreated', ...found } : badShape
}

function responseDone(message: unknown): ServerEvent {
  const found = identity(message)
  return found
    ? { kind: 'responseDone', ...found, ...outcome(jsonText(message, 'response', 'status'), message) }
    : badShape
}

/** An explicit null is how the provider marks a response that writes to no conversation. */
function identity(message: unknown): ResponseIdentity | undefined {
  const response = jsonField(message, 'response')
  const responseId = idAt(response, 'id')
  if (responseId === undefined || !isObject(response)) return undefined
  const { conversation_id: conversationId, status } = response
  if (!isTextOrNone(conversationId) || !isTextOrNone(status)) return undefined
  const replyKey = jsonText(response, 'metadata', 'reply')
  const purpose = jsonText(response, 'metadata', 'purpose')
  const requestId = jsonText(response, 'metadata', 'id')
  return {
    responseId,
    outOfBand: conversationId === null,
    ...(replyKey !== undefined && { replyKey }),
    ...(purpose !== undefined && { purpose }),
    ...(requestId !== undefined && { requestId }),
  }
}

/** Quota and rate failures are told only here; a status of a later version is taken for a failure. */
function outcome(named: string | undefined, message: unknown) {
  const details = jsonField(message, 'response', 'status_details')
  const usage = speechUsage(jsonField(message, 'response', 'usage'))
  const withUsage = usage ? { usage } : {}
  if (named === 'completed') return { status: named, retryable: false, ...withUsage } as const
  if (named === 'cancelled' || named === 'incomplete') {
    return {
      status: named,
      code: safeCode(jsonField(details, 'reason')),
      retryable: false,
      ...withUsage,
    } as const
  }
  const type = safeCode(jsonField(details, 'error', 'type'))
  const code = jsonText(details, 'error', 'code') ? safeCode(jsonField(details, 'error', 'code')) : type
  return { status: 'failed', code, retryable: responseRetryable(code, type), ...withUsage } as const
}

function expiry(message: unknown): { expiresAtWallMs?: number } {
  const seconds = jsonCount(message, 'session', 'expires_at')
  return seconds === undefined ? {} : { expiresAtWallMs: seconds * 1_000 }
}

/** The message text is left behind: it may quote what was sent, or part of a key. */
function providerError(message: unknown): ServerEvent {
  const type = safeCode(jsonField(message, 'error', 'type'))
  const code = jsonText(message, 'error', 'code')
  const param = jsonText(message, 'error', 'param')
  const eventId = jsonText(message, 'error', 'event_id')
  return {
    kind: 'error',
    type,
    code: code === undefined ? type : safeCode(code),
    ...(param !== undefined && /^[\w.[\]]{1,128}$/.test(param) && { param }),
    ...(eventId !== undefined && /^[a-z]+_\d{1,9}$/.test(eventId) && { eventId }),
  }
}
