import { randomBytes } from 'node:crypto'
import { textFrame } from './wire.ts'

/** PCM16 in one delta: a quarter of a second at 24 kHz, as recorded streams have it. */
export const DELTA_PCM_BYTES = 12_000
export const DELTA_MS = 250

const AUDIO = speechLike().toString('base64')
const WORDS =
  'and so I have put it down for you at ten on Thursday morning is there anything else then'.split(' ')

/** Names of one reply. */
export type ReplyIds = { readonly responseId: string; readonly itemId: string }

let number = 0

function next(prefix: string): string {
  number += 1
  return `${prefix}_bench${String(number).padStart(16, '0')}`
}

/** Names for the next reply. */
export function newReply(): ReplyIds {
  return { responseId: next('resp'), itemId: next('item') }
}

/** A name for the caller's next turn. */
export function newTurn(): string {
  return next('item')
}

/**
 * One event as the provider writes it: type first, then its id.
 * Source: Realtime GA, recorded streams
 */
export function event(type: string, fields: object): string {
  return JSON.stringify({ type, event_id: next('event'), ...fields })
}

/** The frame of a reply's audio deltas, made once for each reply: only whole messages count here. */
export function deltaFrame({ responseId, itemId }: ReplyIds): Buffer {
  const head = { type: 'response.output_audio.delta', event_id: next('event'), response_id: responseId }
  return textFrame(
    JSON.stringify({ ...head, item_id: itemId, output_index: 0, content_index: 0, delta: AUDIO }),
  )
}

/** What follows when the caller pauses: the turn becomes part of the conversation. */
export function turnEvents(itemId: string): readonly string[] {
  const content = [{ type: 'input_audio', transcript: null }]
  const item = { id: itemId, type: 'message', role: 'user', status: 'completed', content }
  return [
    event('input_audio_buffer.speech_stopped', { audio_end_ms: 1_000, item_id: itemId }),
    event('input_audio_buffer.committed', { previous_item_id: null, item_id: itemId }),
    event('conversation.item.added', { previous_item_id: null, item }),
    event('conversation.item.done', { previous_item_id: null, item }),
    ...['Could', ' you put', ' me down', ' for Thursday?'].map((delta) =>
      event('conversation.item.input_audio_transcription.delta', {
        item_id: itemId,
        content_index: 0,
        delta,
      }),
    ),
  ]
}

/** The words of the turn are final. */
export function turnTextEvent(itemId: string): string {
  return event('conversation.item.input_audio_transcription.completed', {
    item_id: itemId,
    content_index: 0,
    transcript: 'Could you put me down for Thursday?',
    usage: { type: 'duration', seconds: 1 },
  })
}

/** A reply begins. */
export function beginEvents({ responseId, itemId }: ReplyIds, metadata: unknown): readonly string[] {
  const of = { response_id: responseId, output_index: 0 }
  const item = messageItem(itemId, 'in_progress', [])
  const part = { type: 'audio', transcript: '' }
  return [
    event('response.created', { response: response(responseId, 'in_progress', metadata) }),
    event('response.output_item.added', { ...of, item }),
    event('conversation.item.added', { previous_item_id: null, item }),
    event('response.content_part.added', { ...of, item_id: itemId, content_index: 0, part }),
    wordEvent({ responseId, itemId }, 0),
  ]
}

/** One more word of the reply; text runs ahead of the audio. */
export function wordEvent({ responseId, itemId }: ReplyIds, at: number): string {
  return event('response.output_audio_transcript.delta', {
    response_id: responseId,
    item_id: itemId,
    output_index: 0,
    content_index: 0,
    delta: `${at === 0 ? '' : ' '}${WORDS[at % WORDS.length]}`,
  })
}

/** A reply ends, said to its end or cut off by the caller. */
export function endEvents(
  { responseId, itemId }: ReplyIds,
  end: { readonly words: number; readonly status: 'completed' | 'cancelled'; readonly metadata: unknown },
): readonly string[] {
  const transcript = Array.from({ length: end.words }, (_, at) => WORDS[at % WORDS.length]).join(' ')
  const of = { response_id: responseId, item_id: itemId, output_index: 0, content_index: 0 }
  const isWhole = end.status === 'completed'
  const item = messageItem(itemId, isWhole ? 'completed' : 'incomplete', [
    { type: 'output_audio', transcript },
  ])
  const limit = { name: 'tokens', limit: 40_000, remaining: 39_000, reset_seconds: 1 }
  return [
    event('response.output_audio.done', of),
    event('response.output_audio_transcript.done', { ...of, transcript }),
    event('response.content_part.done', { ...of, part: { type: 'audio', transcript } }),
    event('conversation.item.done', { previous_item_id: null, item }),
    event('response.output_item.done', { response_id: responseId, output_index: 0, item }),
    event('response.done', {
      response: {
        ...response(responseId, end.status, end.metadata),
        status_details: isWhole ? null : { type: 'cancelled', reason: 'turn_detected' },
        output: [item],
        usage,
      },
    }),
    event('rate_limits.updated', { rate_limits: [limit] }),
  ]
}

const usage = {
  total_tokens: 300,
  input_tokens: 220,
  output_tokens: 80,
  input_token_details: {
    text_tokens: 150,
    audio_tokens: 70,
    cached_tokens: 128,
    cached_tokens_details: { text_tokens: 128, audio_tokens: 0 },
  },
  output_token_details: { text_tokens: 20, audio_tokens: 60 },
}

function response(responseId: string, status: string, metadata: unknown): object {
  const of = { object: 'realtime.response', id: responseId, status, status_details: null, output: [] }
  return { ...of, conversation_id: 'conv_bench', metadata: metadata ?? null, usage: null }
}

function messageItem(itemId: string, status: string, content: readonly object[]): object {
  return { id: itemId, object: 'realtime.item', type: 'message', status, role: 'assistant', content }
}

/** A buzz with noise over it: base64 of it repeats nothing. */
function speechLike(): Buffer {
  const noise = randomBytes(DELTA_PCM_BYTES)
  const pcm = Buffer.alloc(DELTA_PCM_BYTES)
  for (let at = 0; at < pcm.length; at += 2) {
    pcm.writeInt16LE(Math.round(6_000 * Math.sin(at / 30)) + (noise.readInt16LE(at) >> 5), at)
  }
  return pcm
}
