import { z } from 'zod'
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

// Ids are echoed into maps and logs: bounded like everything a peer can make grow.
const id = z.string().min(1).max(256)
const ofItem = z.object({ item_id: id })
const ofReply = z.object({ response_id: id, item_id: id })
const item = z.object({
  id,
  type: z.string(),
  role: z.string().nullish(),
  status: z.string().nullish(),
  call_id: id.nullish(),
  name: z.string().max(256).nullish(),
  arguments: z.string().nullish(),
})
const response = z.object({ id, conversation_id: z.string().nullish(), status: z.string().nullish() })

type Reader = (message: unknown) => ServerEvent

/** The shape of one event type and what becomes of it; anything of another shape is malformed. */
function reads<T>(shape: z.ZodType<T>, make: (fields: T, message: unknown) => ServerEvent): Reader {
  return (message) => {
    const parsed = shape.safeParse(message)
    return parsed.success ? make(parsed.data, message) : { kind: 'malformed', reason: 'badShape' }
  }
}

const transcription = 'conversation.item.input_audio_transcription'
const transcript = 'response.output_audio_transcript'

/** Every event type that the product uses. Source: Realtime GA server events. Audio deltas have a codec of their own. */
export const serverEventReaders: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  [
    'session.created',
    reads(z.object({ session: z.object({ id }) }), ({ session }, message) => ({
      kind: 'sessionCreated',
      sessionId: session.id,
      ...expiry(message),
    })),
  ],
  [
    'session.updated',
    reads(z.object({ session: z.looseObject({}) }), ({ session }, message) => {
      const sessionId = jsonText(session, 'id')
      return { kind: 'sessionUpdated', session, ...(sessionId && { sessionId }), ...expiry(message) }
    }),
  ],
  ['input_audio_buffer.speech_started', itemEvent('speechStarted')],
  ['input_audio_buffer.speech_stopped', itemEvent('speechStopped')],
  ['input_audio_buffer.committed', itemEvent('turnCommitted')],
  [
    `${transcription}.delta`,
    reads(ofItem.extend({ delta: z.string() }), (e) => ({
      kind: 'callerText',
      itemId: e.item_id,
      text: e.delta,
      final: false,
    })),
  ],
  [
    `${transcription}.completed`,
    reads(ofItem.extend({ transcript: z.string() }), (e) => ({
      kind: 'callerText',
      itemId: e.item_id,
      text: e.transcript,
      final: true,
    })),
  ],
  [
    `${transcription}.failed`,
    reads(ofItem, (e, message) => ({
      kind: 'callerTextFailed',
      itemId: e.item_id,
      code: safeCode(jsonText(message, 'error', 'code') ?? jsonText(message, 'error', 'type')),
    })),
  ],
  [
    'conversation.item.added',
    reads(z.object({ item: z.object({ id }) }), (e) => ({ kind: 'itemAdded', itemId: e.item.id })),
  ],
  [
    'response.created',
    reads(z.object({ response }), (e, message) => ({
      kind: 'responseCreated',
      ...identity(e.response, message),
    })),
  ],
  ['response.output_item.added', outputItem('outputItemAdded')],
  ['response.output_item.done', outputItem('outputItemDone')],
  [`${transcript}.delta`, reads(ofReply.extend({ delta: z.string() }), (e) => replyText(e, e.delta, false))],
  [
    `${transcript}.done`,
    reads(ofReply.extend({ transcript: z.string() }), (e) => replyText(e, e.transcript, true)),
  ],
  [
    'response.output_audio.done',
    reads(ofReply, (e) => ({ kind: 'audioDone', responseId: e.response_id, itemId: e.item_id })),
  ],
  [
    'response.done',
    reads(z.object({ response }), (e, message) => ({
      kind: 'responseDone',
      ...identity(e.response, message),
      ...outcome(e.response.status, message),
    })),
  ],
  ['error', reads(z.object({ error: z.looseObject({}) }), (_, message) => providerError(message))],
])

function itemEvent(kind: 'speechStarted' | 'speechStopped' | 'turnCommitted'): Reader {
  return reads(ofItem, (e) => ({ kind, itemId: e.item_id }))
}

function outputItem(kind: 'outputItemAdded' | 'outputItemDone'): Reader {
  return reads(z.object({ response_id: id, item }), (e) => ({
    kind,
    responseId: e.response_id,
    item: serverItem(e.item),
  }))
}

function serverItem(found: z.infer<typeof item>): ServerItem {
  if (found.type === 'message') return { kind: 'message', itemId: found.id, role: found.role ?? 'assistant' }
  // Without these three nothing could be run or answered.
  if (found.type !== 'function_call' || !found.call_id || !found.name)
    return { kind: 'otherItem', itemId: found.id }
  return {
    kind: 'functionCall',
    itemId: found.id,
    status: found.status ?? '',
    callId: found.call_id,
    name: found.name,
    arguments: found.arguments ?? '',
  }
}

function replyText(
  of: { readonly response_id: string; readonly item_id: string },
  text: string,
  final: boolean,
): ServerEvent {
  return { kind: 'replyText', responseId: of.response_id, itemId: of.item_id, text, final }
}

/** An explicit null is how the provider marks a response that writes to no conversation. */
function identity(found: z.infer<typeof response>, message: unknown): ResponseIdentity {
  const replyKey = jsonText(message, 'response', 'metadata', 'reply')
  const purpose = jsonText(message, 'response', 'metadata', 'purpose')
  return {
    responseId: found.id,
    outOfBand: found.conversation_id === null,
    ...(replyKey !== undefined && { replyKey }),
    ...(purpose !== undefined && { purpose }),
  }
}

/** Quota and rate failures are told only here; a status of a later version is taken for a failure. */
function outcome(named: string | null | undefined, message: unknown) {
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
