import type { Random } from '../caller/random.ts'
import { pick } from './odd-values.ts'
import type { RealtimeScene } from './realtime-scene.ts'

/** Codes of every error that a server is known to send, and some that it is not. Source: Realtime GA, `error` */
const HARMLESS_CODES = [
  'conversation_already_has_active_response',
  'response_cancel_not_active',
  'input_audio_buffer_commit_empty',
  'unknown_parameter',
  'missing_required_parameter',
  'invalid_value',
  'invalid_type',
  'integer_below_min_value',
  'integer_above_max_value',
  'string_above_max_length',
  'invalid_event',
  'cannot_update_voice',
  'item_retrieve_invalid_item_id',
  'item_truncate_invalid_item_id',
  'item_delete_invalid_item_id',
  'unsupported_content_type',
  'a_code_of_tomorrow',
] as const
/** Those after which a session is of no use. */
const FATAL_CODES = [
  'beta_api_shape_disabled',
  'session_expired',
  'insufficient_quota',
  'billing_hard_limit_reached',
  'account_deactivated',
  'invalid_api_key',
  'model_not_found',
] as const
/** So many errors of a hundred end the session. */
const FATAL_PERCENT = 3

/** The body of an `error` event, mostly about something that the client has sent. */
export function errorEvent(scene: RealtimeScene, random: Random): object {
  const isFatal = random.whole(100) < FATAL_PERCENT
  return {
    type: pick(random, ['invalid_request_error', 'invalid_request_error', 'server_error', 'x']),
    code: isFatal ? pick(random, FATAL_CODES) : pick(random, [...HARMLESS_CODES, null]),
    message: 'Something was not as it should be.',
    param: pick(random, [null, 'session.voice', 'response.metadata', 'x y']),
    event_id: random.whole(3) === 0 ? null : scene.some('event'),
  }
}

/** An item: words of somebody, a tool call with arguments of every kind, or what is neither. */
export function itemOf(
  { scene, random }: { readonly scene: RealtimeScene; readonly random: Random },
  status: 'in_progress' | 'completed',
): object {
  const id = random.whole(2) === 0 ? scene.fresh('item') : scene.some('item')
  switch (random.whole(8)) {
    case 0:
    case 1:
    case 2:
      return {
        id,
        object: 'realtime.item',
        type: 'function_call',
        status: random.whole(5) === 0 ? 'incomplete' : status,
        call_id: random.whole(3) === 0 ? scene.some('call') : scene.fresh('call'),
        name: pick(random, TOOL_NAMES),
        arguments: someArguments(random),
      }
    case 3:
      return { id, object: 'realtime.item', type: 'function_call_output', call_id: 'call_1', output: 'x' }
    case 4:
      return { id, object: 'realtime.item', type: 'mcp_approval_request', server_label: 'x', name: 'x' }
    default:
      return {
        id,
        object: 'realtime.item',
        type: 'message',
        status,
        role: pick(random, ['assistant', 'assistant', 'user', 'system']),
        content: [{ type: 'output_audio', transcript: 'Some words.' }],
      }
  }
}

const TOOL_NAMES = ['end_call', 'end_call', 'end_call', 'send_sms', '', '__proto__', 'toString', 'END_CALL']
/** Arguments that end_call accepts come seldom: they end the call, and with it what could be tried. */
const SOUND_ARGUMENTS_PERCENT = 3
const UNSOUND_ARGUMENTS = [
  '',
  'null',
  '[]',
  '"{}"',
  '{',
  '{}}',
  '{"a":1}',
  '{"__proto__":{}}',
  '{"reason":"bye"',
  '{}\u0000',
  '\ufeff{}',
  'undefined',
  '{"a":1e999}',
  '[{}]',
  '0',
]

/** Arguments of a tool call as the model wrote them: mostly nothing that a tool accepts, and at times endless. */
export function someArguments(random: Random): string {
  if (random.whole(100) < SOUND_ARGUMENTS_PERCENT) return pick(random, ['{}', ' { } '])
  if (random.whole(30) === 0) return `{"a":"${'x'.repeat(random.whole(20_000))}"}`
  if (random.whole(30) === 0) return '['.repeat(random.whole(20_000))
  return pick(random, UNSOUND_ARGUMENTS)
}

/** Whether end_call accepts these arguments: an object without members, in 8,192 characters at most. */
export function isSoundForEndCall(text: string): boolean {
  if (text.length > 8_192) return false
  try {
    const value: unknown = JSON.parse(text)
    return (
      typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0
    )
  } catch {
    return false
  }
}

/** What a response has used, or says that it has. */
export function usageOf(random: Random): object | null {
  const tokens = (): number => pick(random, [0, 12, 345, 345, 345, 1e308, -5, 0.5, 2 ** 53])
  if (random.whole(6) === 0) return null
  return {
    total_tokens: tokens(),
    input_tokens: tokens(),
    output_tokens: tokens(),
    input_token_details: { text_tokens: tokens(), audio_tokens: tokens(), cached_tokens: tokens() },
    output_token_details: { text_tokens: tokens(), audio_tokens: tokens() },
  }
}
