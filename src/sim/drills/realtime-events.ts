import type { Random } from '../caller/random.ts'
import { oddBase64, oddText, pick } from './odd-values.ts'
import type { RealtimeScene } from './realtime-scene.ts'
import { errorEvent, itemOf, someArguments, usageOf } from './realtime-parts.ts'

/** What events are made of. */
export type EventMaking = { readonly scene: RealtimeScene; readonly random: Random }

type Maker = (making: EventMaking) => object

/** Short audio; a loud tone that nobody else says. */
const DELTA_BYTES = [960, 960, 960, 480, 4_800, 12_000, 1, 3, 959, 0]

/**
 * One event of every type that a server may send, in valid form and about something that was said before.
 * Source: Realtime GA server events; those that plain websockets never get are among them
 */
const makers: Readonly<Record<string, Maker>> = {
  error: ({ scene, random }) => ({ error: errorEvent(scene, random) }),
  'session.created': ({ scene, random }) => ({ session: sessionOf(scene, random) }),
  'session.updated': ({ scene, random }) => ({ session: sessionOf(scene, random) }),
  'conversation.created': () => ({ conversation: { id: 'conv_1', object: 'realtime.conversation' } }),
  'conversation.item.added': (making) => ({ previous_item_id: null, item: itemOf(making, 'in_progress') }),
  'conversation.item.created': (making) => ({ previous_item_id: null, item: itemOf(making, 'completed') }),
  'conversation.item.done': (making) => ({ previous_item_id: null, item: itemOf(making, 'completed') }),
  'conversation.item.retrieved': (making) => ({ item: itemOf(making, 'completed') }),
  'conversation.item.truncated': ({ scene, random }) => ({
    ...ofItem(scene),
    audio_end_ms: random.whole(5_000),
  }),
  'conversation.item.deleted': ({ scene }) => ({ item_id: scene.some('item') }),
  'conversation.item.input_audio_transcription.delta': ({ scene, random }) => ({
    ...ofItem(scene),
    delta: words(random),
  }),
  'conversation.item.input_audio_transcription.completed': ({ scene, random }) => ({
    ...ofItem(scene),
    transcript: words(random),
    usage: { type: 'duration', seconds: random.whole(10) },
  }),
  'conversation.item.input_audio_transcription.failed': ({ scene }) => ({
    ...ofItem(scene),
    error: { type: 'transcription_error', code: 'audio_unintelligible', message: 'x', param: null },
  }),
  'conversation.item.input_audio_transcription.segment': ({ scene, random }) => ({
    ...ofItem(scene),
    id: 'seg_1',
    text: words(random),
    speaker: 'A',
    start: 0,
    end: 1.5,
  }),
  'input_audio_buffer.speech_started': ({ scene, random }) => ({
    audio_start_ms: random.whole(60_000),
    item_id: random.whole(2) === 0 ? scene.fresh('item') : scene.some('item'),
  }),
  'input_audio_buffer.speech_stopped': ({ scene, random }) => ({
    audio_end_ms: random.whole(60_000),
    item_id: scene.some('item'),
  }),
  'input_audio_buffer.committed': ({ scene }) => ({ previous_item_id: null, item_id: scene.some('item') }),
  'input_audio_buffer.cleared': () => ({}),
  'input_audio_buffer.timeout_triggered': ({ scene }) => ({
    audio_start_ms: 0,
    audio_end_ms: 6_000,
    item_id: scene.some('item'),
  }),
  'input_audio_buffer.dtmf_event_received': () => ({ event: '9', received_at: 1_763_000_000 }),
  'response.created': (making) => ({
    response: responseOf(making, making.scene.fresh('response'), 'in_progress'),
  }),
  'response.output_item.added': (making) => ({ ...ofOutput(making), item: itemOf(making, 'in_progress') }),
  'response.output_item.done': (making) => ({ ...ofOutput(making), item: itemOf(making, 'completed') }),
  'response.content_part.added': (making) => ({ ...ofPart(making), part: { type: 'audio', transcript: '' } }),
  'response.content_part.done': (making) => ({ ...ofPart(making), part: { type: 'audio', transcript: 'x' } }),
  'response.output_audio.delta': (making) => ({ ...ofPart(making), delta: audioOf(making.random) }),
  'response.output_audio.done': (making) => ofPart(making),
  'response.output_audio_transcript.delta': (making) => ({ ...ofPart(making), delta: words(making.random) }),
  'response.output_audio_transcript.done': (making) => ({
    ...ofPart(making),
    transcript: words(making.random),
  }),
  'response.output_text.delta': (making) => ({ ...ofPart(making), delta: words(making.random) }),
  'response.output_text.done': (making) => ({ ...ofPart(making), text: words(making.random) }),
  'response.function_call_arguments.delta': (making) => ({
    ...ofCall(making),
    delta: someArguments(making.random).slice(0, 7),
  }),
  'response.function_call_arguments.done': (making) => ({
    ...ofCall(making),
    name: 'end_call',
    arguments: someArguments(making.random),
  }),
  'response.done': (making) => ({
    response: responseOf(
      making,
      making.scene.some('response'),
      pick(making.random, ['completed', 'completed', 'cancelled', 'incomplete', 'failed']),
    ),
  }),
  'rate_limits.updated': () => ({
    rate_limits: [{ name: 'tokens', limit: 250_000, remaining: 249_000, reset_seconds: 0.5 }],
  }),
  'output_audio_buffer.started': ({ scene }) => ({ response_id: scene.some('response') }),
  'output_audio_buffer.stopped': ({ scene }) => ({ response_id: scene.some('response') }),
  'output_audio_buffer.cleared': ({ scene }) => ({ response_id: scene.some('response') }),
  'mcp_list_tools.in_progress': ({ scene }) => ({ item_id: scene.some('item') }),
  'mcp_list_tools.completed': ({ scene }) => ({ item_id: scene.some('item') }),
  'mcp_list_tools.failed': ({ scene }) => ({ item_id: scene.some('item') }),
  'response.mcp_call_arguments.delta': (making) => ({ ...ofCall(making), delta: '{' }),
  'response.mcp_call_arguments.done': (making) => ({ ...ofCall(making), arguments: '{}' }),
  'response.mcp_call.in_progress': (making) => ofCall(making),
  'response.mcp_call.completed': (making) => ofCall(making),
  'response.mcp_call.failed': (making) => ofCall(making),
}

/** Types of all events that a server may send. */
export const realtimeEventTypes: readonly string[] = Object.keys(makers)

/** A valid event of a type. @throws RangeError for a type that there is not */
export function realtimeEvent(type: string, making: EventMaking): object {
  const make = makers[type]
  if (!make) throw new RangeError(`Cannot make an event of type ${type}: there is no such type`)
  return { type, event_id: `event_${making.random.hex(12)}`, ...make(making) }
}

function ofItem(scene: RealtimeScene): object {
  return { item_id: scene.some('item'), content_index: 0 }
}

function ofOutput({ scene, random }: EventMaking): object {
  return { response_id: scene.some('response'), output_index: random.whole(2) }
}

function ofPart(making: EventMaking): object {
  return { ...ofOutput(making), item_id: making.scene.some('item'), content_index: 0 }
}

function ofCall(making: EventMaking): object {
  return { ...ofOutput(making), item_id: making.scene.some('item'), call_id: making.scene.some('call') }
}

function words(random: Random): string {
  if (random.whole(40) === 0) return 'word '.repeat(random.whole(4_000))
  const odd = random.whole(8) === 0 ? readable(oddText(random)) : undefined
  return odd ?? 'Some words that were said. '.slice(0, 1 + random.whole(26))
}

/** What a text in its quotes reads as; undefined when it is no JSON. */
function readable(quoted: string): string | undefined {
  try {
    const value: unknown = JSON.parse(quoted)
    return typeof value === 'string' ? value : undefined
  } catch {
    return undefined
  }
}

function audioOf(random: Random): string {
  if (random.whole(10) === 0) return oddBase64(random).replaceAll('\\', '')
  return Buffer.alloc(pick(random, DELTA_BYTES), 0x55).toString('base64')
}

/** The session as it is, and at times as one that ends soon, or never. */
function sessionOf(scene: RealtimeScene, random: Random): object {
  const known = typeof scene.session === 'object' && scene.session !== null ? scene.session : {}
  const id = { id: `sess_${random.hex(8)}`, object: 'realtime.session', type: 'realtime' }
  const expiry = pick(random, [
    {},
    { expires_at: 0 },
    { expires_at: 1_600_000_000 },
    { expires_at: 1e308 },
    { expires_at: 2 ** 31 },
    { expires_at: -1 },
  ])
  return { ...id, ...known, ...expiry }
}

function responseOf({ scene, random }: EventMaking, id: string, status: string): object {
  const key = random.whole(3) === 0 ? { reply: scene.some('event') } : null
  return {
    object: 'realtime.response',
    id,
    status,
    status_details: detailsOf(status, random),
    output: [],
    conversation_id: pick(random, ['conv_1', 'conv_1', 'conv_1', null]),
    output_modalities: ['audio'],
    max_output_tokens: 'inf',
    usage: status === 'in_progress' ? null : usageOf(random),
    metadata: key,
  }
}

function detailsOf(status: string, random: Random): object | null {
  switch (status) {
    case 'cancelled':
      return { type: status, reason: pick(random, ['turn_detected', 'client_cancelled']) }
    case 'incomplete':
      return { type: status, reason: pick(random, ['max_output_tokens', 'content_filter']) }
    case 'failed':
      return {
        type: status,
        error: {
          type: pick(random, ['server_error', 'invalid_request_error']),
          code: pick(random, ['rate_limit_exceeded', 'server_error', 'x', null]),
        },
      }
    default:
      return null
  }
}
