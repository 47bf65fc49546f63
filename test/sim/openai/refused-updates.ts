/** A client event that the server refuses, and how. */
export type RefusedEvent = readonly [name: string, event: unknown, code: string, param: string | null]

const session = (fields: object): object => ({
  type: 'session.update',
  session: { type: 'realtime', ...fields },
})
const input = (fields: object): object => session({ audio: { input: fields } })
const output = (fields: object): object => session({ audio: { output: fields } })
const tool = (fields: object): object =>
  session({ tools: [{ type: 'function', name: 'get_hours', ...fields }] })

/** Wrong session updates: what is wrong, the event, the code it is refused with, and the field that is named. */
export const refusedUpdates: readonly RefusedEvent[] = [
  ['no type', { session: {} }, 'invalid_event', 'type'],
  ['an unknown type', { type: 'session.updat' }, 'invalid_event', 'type'],
  ['an array', [], 'invalid_event', null],
  ['a type of the beta', { type: 'transcription_session.update', session: {} }, 'invalid_event', 'type'],
  [
    'a type of the seeds',
    { type: 'conversation.item.required_action.submit_tool_outputs' },
    'invalid_event',
    'type',
  ],
  ['a server event', { type: 'session.created' }, 'invalid_event', 'type'],
  ['a name every object has', { type: 'toString' }, 'invalid_event', 'type'],
  [
    'an unknown field of the event',
    { type: 'response.cancel', item_id: 'x' },
    'unknown_parameter',
    'item_id',
  ],
  ['an event_id that is a number', { type: 'response.cancel', event_id: 7 }, 'invalid_type', 'event_id'],
  ['no session', { type: 'session.update' }, 'missing_required_parameter', 'session'],
  [
    'no session type',
    { type: 'session.update', session: { instructions: 'x' } },
    'missing_required_parameter',
    'session.type',
  ],
  [
    'a wrong session type',
    { type: 'session.update', session: { type: 'chat' } },
    'invalid_value',
    'session.type',
  ],
  ['a beta voice', session({ voice: 'alloy' }), 'unknown_parameter', 'session.voice'],
  ['beta modalities', session({ modalities: ['audio', 'text'] }), 'unknown_parameter', 'session.modalities'],
  ['beta turn detection', session({ turn_detection: null }), 'unknown_parameter', 'session.turn_detection'],
  [
    'a beta format',
    session({ input_audio_format: 'pcm16' }),
    'unknown_parameter',
    'session.input_audio_format',
  ],
  ['a temperature', session({ temperature: 0.8 }), 'unknown_parameter', 'session.temperature'],
  ['a prompt object', session({ prompt: { id: 'pmpt_1' } }), 'unknown_parameter', 'session.prompt'],
  [
    'a beta token limit',
    session({ max_response_output_tokens: 100 }),
    'unknown_parameter',
    'session.max_response_output_tokens',
  ],
  [
    'audio and text',
    session({ output_modalities: ['audio', 'text'] }),
    'array_above_max_length',
    'session.output_modalities',
  ],
  [
    'a video modality',
    session({ output_modalities: ['video'] }),
    'invalid_value',
    'session.output_modalities[0]',
  ],
  ['instructions that are null', session({ instructions: null }), 'invalid_type', 'session.instructions'],
  [
    'PCM without rate',
    input({ format: { type: 'audio/pcm' } }),
    'missing_required_parameter',
    'session.audio.input.format.rate',
  ],
  [
    'output PCM without rate',
    output({ format: { type: 'audio/pcm' } }),
    'missing_required_parameter',
    'session.audio.output.format.rate',
  ],
  [
    'PCM at 16 kHz',
    output({ format: { type: 'audio/pcm', rate: 16_000 } }),
    'integer_below_min_value',
    'session.audio.output.format.rate',
  ],
  [
    'PCM at 48 kHz',
    input({ format: { type: 'audio/pcm', rate: 48_000 } }),
    'integer_above_max_value',
    'session.audio.input.format.rate',
  ],
  [
    'a rate beside µ-law',
    input({ format: { type: 'audio/pcmu', rate: 8000 } }),
    'unknown_parameter',
    'session.audio.input.format.rate',
  ],
  ['a format as text', input({ format: 'g711_ulaw' }), 'invalid_type', 'session.audio.input.format'],
  [
    'an unknown format',
    input({ format: { type: 'audio/opus' } }),
    'invalid_value',
    'session.audio.input.format.type',
  ],
  [
    'a voice of the speech endpoint',
    output({ voice: 'fable' }),
    'invalid_value',
    'session.audio.output.voice',
  ],
  ['a voice that is a number', output({ voice: 3 }), 'invalid_type', 'session.audio.output.voice'],
  [
    'a custom voice with a name',
    output({ voice: { id: 'v', name: 'x' } }),
    'unknown_parameter',
    'session.audio.output.voice.name',
  ],
  ['too slow a speed', output({ speed: 0.1 }), 'decimal_below_min_value', 'session.audio.output.speed'],
  [
    'client_vad',
    input({ turn_detection: { type: 'client_vad' } }),
    'invalid_value',
    'session.audio.input.turn_detection.type',
  ],
  [
    'turn detection without type',
    input({ turn_detection: { threshold: 0.5 } }),
    'missing_required_parameter',
    'session.audio.input.turn_detection.type',
  ],
  [
    'a threshold above 1',
    input({ turn_detection: { type: 'server_vad', threshold: 1.5 } }),
    'decimal_above_max_value',
    'session.audio.input.turn_detection.threshold',
  ],
  [
    'a negative silence',
    input({ turn_detection: { type: 'server_vad', silence_duration_ms: -1 } }),
    'integer_below_min_value',
    'session.audio.input.turn_detection.silence_duration_ms',
  ],
  [
    'too short an idle timeout',
    input({ turn_detection: { type: 'server_vad', idle_timeout_ms: 4999 } }),
    'integer_below_min_value',
    'session.audio.input.turn_detection.idle_timeout_ms',
  ],
  [
    'a threshold for semantic_vad',
    input({ turn_detection: { type: 'semantic_vad', threshold: 0.5 } }),
    'unknown_parameter',
    'session.audio.input.turn_detection.threshold',
  ],
  [
    'an unknown eagerness',
    input({ turn_detection: { type: 'semantic_vad', eagerness: 'keen' } }),
    'invalid_value',
    'session.audio.input.turn_detection.eagerness',
  ],
  [
    'an unknown noise reduction',
    input({ noise_reduction: { type: 'mid_field' } }),
    'invalid_value',
    'session.audio.input.noise_reduction.type',
  ],
  [
    'an unknown transcription model',
    input({ transcription: { model: 'whisper-2' } }),
    'invalid_value',
    'session.audio.input.transcription.model',
  ],
  [
    'too long a transcription prompt',
    input({ transcription: { model: 'whisper-1', prompt: 'x'.repeat(1025) } }),
    'string_above_max_length',
    'session.audio.input.transcription.prompt',
  ],
  [
    'a nested tool',
    session({ tools: [{ type: 'function', function: { name: 'x' } }] }),
    'missing_required_parameter',
    'session.tools[0].name',
  ],
  ['a strict tool', tool({ strict: true }), 'unknown_parameter', 'session.tools[0].strict'],
  [
    'a tool without type',
    session({ tools: [{ name: 'x' }] }),
    'missing_required_parameter',
    'session.tools[0].type',
  ],
  [
    'too long a description',
    tool({ description: 'x'.repeat(1025) }),
    'string_above_max_length',
    'session.tools[0].description',
  ],
  ['a tool name with a space', tool({ name: 'get hours' }), 'invalid_value', 'session.tools[0].name'],
  [
    'a tool choice of the chat API',
    session({ tool_choice: { type: 'function', function: { name: 'x' } } }),
    'missing_required_parameter',
    'session.tool_choice.name',
  ],
  ['an unknown tool choice', session({ tool_choice: 'any' }), 'invalid_value', 'session.tool_choice'],
  [
    'too many tokens',
    session({ max_output_tokens: 5000 }),
    'integer_above_max_value',
    'session.max_output_tokens',
  ],
  ['no tokens', session({ max_output_tokens: 0 }), 'integer_below_min_value', 'session.max_output_tokens'],
  ['tokens as text', session({ max_output_tokens: '100' }), 'invalid_value', 'session.max_output_tokens'],
  [
    'a retention above 1',
    session({ truncation: { type: 'retention_ratio', retention_ratio: 2 } }),
    'integer_above_max_value',
    'session.truncation.retention_ratio',
  ],
]
