import type { RealtimeClientEvent } from 'openai/resources/realtime/realtime'
import { z } from 'zod'
import { clientItemSchema, inputItemSchema } from './item-schema.ts'
import { refusal, refusalOfIssues } from './refusal.ts'
import type { Refusal } from './refusal.ts'
import {
  formatSchema,
  functionToolSchema,
  maxOutputTokensSchema,
  modalitiesSchema,
  reasoningSchema,
  sessionUpdateSchema,
  toolChoiceSchema,
  voiceSchema,
} from './session-schema.ts'

/** Largest audio of one append, decoded. Source: the API reference of `input_audio_buffer.append` */
export const MAX_APPEND_BYTES = 15 * 1024 * 1024

const event_id = z.string().min(1).max(512).optional()
const item_id = z.string().min(1)

const responseSchema = z.strictObject({
  conversation: z.enum(['auto', 'none']).optional(),
  input: z.array(inputItemSchema).max(1000).optional(),
  instructions: z.string().max(200_000).optional(),
  tools: z.array(functionToolSchema).max(128).optional(),
  tool_choice: toolChoiceSchema.optional(),
  output_modalities: modalitiesSchema.optional(),
  audio: z
    .strictObject({
      output: z.strictObject({ format: formatSchema.optional(), voice: voiceSchema.optional() }).optional(),
    })
    .optional(),
  max_output_tokens: maxOutputTokensSchema.optional(),
  metadata: z
    .record(z.string().max(64), z.string().max(512))
    .refine((pairs) => Object.keys(pairs).length <= 16, { error: 'Too many pairs: at most 16 are allowed.' })
    .nullable()
    .optional(),
  reasoning: reasoningSchema.optional(),
  parallel_tool_calls: z.boolean().optional(),
})

const clientEventSchema = z.discriminatedUnion('type', [
  z.strictObject({ event_id, type: z.literal('session.update'), session: sessionUpdateSchema }),
  z.strictObject({ event_id, type: z.literal('input_audio_buffer.append'), audio: z.string().min(1) }),
  z.strictObject({ event_id, type: z.literal('input_audio_buffer.commit') }),
  z.strictObject({ event_id, type: z.literal('input_audio_buffer.clear') }),
  z.strictObject({
    event_id,
    type: z.literal('conversation.item.create'),
    item: clientItemSchema,
    previous_item_id: z.string().nullable().optional(),
  }),
  z.strictObject({ event_id, type: z.literal('conversation.item.retrieve'), item_id }),
  z.strictObject({
    event_id,
    type: z.literal('conversation.item.truncate'),
    item_id,
    content_index: z.int().min(0),
    audio_end_ms: z.int().min(0),
  }),
  z.strictObject({ event_id, type: z.literal('conversation.item.delete'), item_id }),
  z.strictObject({ event_id, type: z.literal('response.create'), response: responseSchema.optional() }),
  z.strictObject({ event_id, type: z.literal('response.cancel'), response_id: z.string().optional() }),
  z.strictObject({ event_id, type: z.literal('output_audio_buffer.clear') }),
])

/** An event that a client sent and that has the right shape. */
export type ClientEvent = z.infer<typeof clientEventSchema>
/** The overrides of one response. */
export type ResponseOverrides = z.infer<typeof responseSchema>

type SameNames<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never
type FieldsOf<Event, Type> = keyof Extract<Event, { type: Type }>
type SameFields = {
  [Type in RealtimeClientEvent['type']]: SameNames<
    FieldsOf<ClientEvent, Type>,
    FieldsOf<RealtimeClientEvent, Type>
  >
}
/** Does not compile unless this file knows the events of the official types, each with the same fields. */
export const clientEventTypes: { readonly [Type in ClientEvent['type']]: SameFields[Type] } = {
  'session.update': true,
  'input_audio_buffer.append': true,
  'input_audio_buffer.commit': true,
  'input_audio_buffer.clear': true,
  'conversation.item.create': true,
  'conversation.item.retrieve': true,
  'conversation.item.truncate': true,
  'conversation.item.delete': true,
  'response.create': true,
  'response.cancel': true,
  'output_audio_buffer.clear': true,
}

/** What became of a client's message. */
export type ParsedEvent =
  | { readonly ok: true; readonly event: ClientEvent }
  | {
      readonly ok: false
      readonly refusal: Refusal
      readonly raw: unknown
      readonly eventId: string | null
      readonly type: string
    }

/**
 * Reads one message of a client as strictly as the server does: an unknown field refuses the whole event.
 * @param text the frame as it came
 */
export function parseClientEvent(text: string): ParsedEvent {
  const raw = parseJson(text)
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
    return refused(raw, refusal('invalid_event', 'The event is not a JSON object.'))
  }
  const type: unknown = Reflect.get(raw, 'type')
  if (typeof type !== 'string' || !Object.hasOwn(clientEventTypes, type)) {
    const message = `Invalid value: '${String(type).slice(0, 100)}'. It is not a type of client event.`
    return refused(raw, refusal('invalid_event', message, 'type'))
  }
  const parsed = clientEventSchema.safeParse(raw)
  return parsed.success
    ? { ok: true, event: parsed.data }
    : refused(raw, refusalOfIssues(parsed.error.issues, raw))
}

function refused(raw: unknown, why: Refusal): ParsedEvent {
  return {
    ok: false,
    refusal: why,
    raw,
    eventId: textField(raw, 'event_id'),
    type: textField(raw, 'type') ?? '',
  }
}

function textField(raw: unknown, key: string): string | null {
  const value: unknown = typeof raw === 'object' && raw !== null ? Reflect.get(raw, key) : undefined
  return typeof value === 'string' ? value : null
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
