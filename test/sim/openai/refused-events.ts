import type { RefusedEvent } from './refused-updates.ts'

const item = (fields: object): object => ({ type: 'conversation.item.create', item: fields })
const message = (role: string, content: unknown): object => item({ type: 'message', role, content })
const response = (fields: object): object => ({ type: 'response.create', response: fields })
const truncate = (fields: object): object => ({
  type: 'conversation.item.truncate',
  item_id: 'item_1',
  content_index: 0,
  audio_end_ms: 0,
  ...fields,
})

/** Wrong events of every other kind: what is wrong, the event, the code it is refused with, and the field that is named. */
export const refusedEvents: readonly RefusedEvent[] = [
  ['an append without audio', { type: 'input_audio_buffer.append' }, 'missing_required_parameter', 'audio'],
  [
    'an append with an empty audio',
    { type: 'input_audio_buffer.append', audio: '' },
    'string_below_min_length',
    'audio',
  ],
  ['an append with numbers', { type: 'input_audio_buffer.append', audio: [1, 2] }, 'invalid_type', 'audio'],
  ['a commit with audio', { type: 'input_audio_buffer.commit', audio: 'AAAA' }, 'unknown_parameter', 'audio'],
  ['no item', { type: 'conversation.item.create' }, 'missing_required_parameter', 'item'],
  ['an unknown item type', item({ type: 'note' }), 'invalid_value', 'item.type'],
  ['a role that does not exist', message('tool', []), 'invalid_value', 'item.role'],
  [
    'assistant audio',
    message('assistant', [{ type: 'output_audio', transcript: 'x' }]),
    'invalid_value',
    'item.content[0].type',
  ],
  [
    'beta content of the assistant',
    message('assistant', [{ type: 'text', text: 'x' }]),
    'invalid_value',
    'item.content[0].type',
  ],
  [
    'audio from the system',
    message('system', [{ type: 'input_audio', audio: '' }]),
    'invalid_value',
    'item.content[0].type',
  ],
  [
    'text without text',
    message('user', [{ type: 'input_text' }]),
    'missing_required_parameter',
    'item.content[0].text',
  ],
  [
    'user audio that is not base64',
    message('user', [{ type: 'input_audio', audio: '%%%' }]),
    'invalid_value',
    'item.content[0].audio',
  ],
  [
    'too long an item id',
    item({ type: 'function_call', id: 'x'.repeat(33), name: 'a', arguments: '' }),
    'string_above_max_length',
    'item.id',
  ],
  [
    'an output without call',
    item({ type: 'function_call_output', output: '' }),
    'missing_required_parameter',
    'item.call_id',
  ],
  [
    'an output that is an object',
    item({ type: 'function_call_output', call_id: 'c', output: {} }),
    'invalid_type',
    'item.output',
  ],
  [
    'a call id with a slash',
    item({ type: 'function_call_output', call_id: 'c/1', output: '' }),
    'invalid_value',
    'item.call_id',
  ],
  [
    'arguments that are an object',
    item({ type: 'function_call', name: 'a', arguments: {} }),
    'invalid_type',
    'item.arguments',
  ],
  ['a truncation at a fraction', truncate({ audio_end_ms: 1.5 }), 'invalid_type', 'audio_end_ms'],
  [
    'a truncation before the start',
    truncate({ audio_end_ms: -1 }),
    'integer_below_min_value',
    'audio_end_ms',
  ],
  [
    'a truncation without content index',
    { type: 'conversation.item.truncate', item_id: 'x', audio_end_ms: 0 },
    'missing_required_parameter',
    'content_index',
  ],
  ['a delete without id', { type: 'conversation.item.delete' }, 'missing_required_parameter', 'item_id'],
  [
    'beta modalities of a response',
    response({ modalities: ['text'] }),
    'unknown_parameter',
    'response.modalities',
  ],
  ['a beta voice of a response', response({ voice: 'alloy' }), 'unknown_parameter', 'response.voice'],
  ['an unknown conversation', response({ conversation: 'new' }), 'invalid_value', 'response.conversation'],
  [
    'seventeen pairs of metadata',
    response({ metadata: Object.fromEntries(Array.from({ length: 17 }, (_, n) => [`k${n}`, 'v'])) }),
    'invalid_value',
    'response.metadata',
  ],
  [
    'too long a value of metadata',
    response({ metadata: { a: 'x'.repeat(513) } }),
    'string_above_max_length',
    'response.metadata.a',
  ],
  [
    'too long a key of metadata',
    response({ metadata: { ['k'.repeat(65)]: 'x' } }),
    'string_above_max_length',
    `response.metadata.${'k'.repeat(65)}`,
  ],
  [
    'a reference without id',
    response({ input: [{ type: 'item_reference' }] }),
    'missing_required_parameter',
    'response.input[0].id',
  ],
]
