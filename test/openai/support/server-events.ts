/** Server events in the shape and order that GA streams were recorded in. */
export const responseCreated = (id: string, extra: object = {}) => ({
  type: 'response.created',
  event_id: `event_c_${id}`,
  response: {
    object: 'realtime.response',
    id,
    status: 'in_progress',
    status_details: null,
    output: [],
    conversation_id: 'conv_1',
    output_modalities: ['audio'],
    max_output_tokens: 'inf',
    usage: null,
    metadata: null,
    ...extra,
  },
})

/** The end of a response; `extra` changes the response object. */
export const responseDone = (id: string, extra: object = {}) => ({
  type: 'response.done',
  event_id: `event_d_${id}`,
  response: {
    object: 'realtime.response',
    id,
    status: 'completed',
    status_details: null,
    output: [],
    conversation_id: 'conv_1',
    metadata: null,
    usage: {
      total_tokens: 300,
      input_tokens: 220,
      output_tokens: 80,
      input_token_details: {
        text_tokens: 150,
        audio_tokens: 70,
        image_tokens: 0,
        cached_tokens: 128,
        cached_tokens_details: { text_tokens: 128, audio_tokens: 0, image_tokens: 0 },
      },
      output_token_details: { text_tokens: 20, audio_tokens: 60 },
    },
    ...extra,
  },
})

/** One audio delta as text, with the keys in their usual order. */
export const audioDelta = (ids: { response: string; item: string }, bytes: Uint8Array) =>
  JSON.stringify({
    type: 'response.output_audio.delta',
    event_id: 'event_a',
    response_id: ids.response,
    item_id: ids.item,
    output_index: 0,
    content_index: 0,
    delta: Buffer.from(bytes).toString('base64'),
  })

/** The beginning of a spoken item. */
export const messageAdded = (ids: { response: string; item: string }) => ({
  type: 'response.output_item.added',
  event_id: 'event_m',
  response_id: ids.response,
  output_index: 0,
  item: {
    id: ids.item,
    object: 'realtime.item',
    type: 'message',
    status: 'in_progress',
    role: 'assistant',
    content: [],
  },
})

/** A tool call as it ends, complete unless `status` says otherwise. */
export const callDone = (
  ids: { response: string; item: string; call: string },
  status: 'completed' | 'incomplete' = 'completed',
) => ({
  type: 'response.output_item.done',
  event_id: 'event_f',
  response_id: ids.response,
  output_index: 1,
  item: {
    id: ids.item,
    object: 'realtime.item',
    type: 'function_call',
    status,
    name: 'get_hours',
    call_id: ids.call,
    arguments: '{"day":"monday"}',
  },
})

/** An `error` event. */
export const errorEvent = (error: {
  type?: string
  code?: string | null
  event_id?: string
  param?: string
  message?: string
}) => ({
  type: 'error',
  event_id: 'event_e',
  error: { type: 'invalid_request_error', message: 'words', param: null, event_id: null, ...error },
})

/** One caller turn under server VAD with a streaming transcript, and the spoken reply, as recorded. */
export function turn(audio: Uint8Array): readonly (object | string)[] {
  const of = { response_id: 'resp_1', item_id: 'item_a', output_index: 0, content_index: 0 }
  const ids = { response: 'resp_1', item: 'item_a' }
  const user = { id: 'item_u', object: 'realtime.item', type: 'message', status: 'completed', role: 'user' }
  const heard = { ...user, content: [{ type: 'input_audio', transcript: null }] }
  const said = { id: 'item_a', type: 'message', status: 'completed', role: 'assistant', content: [] }
  const transcription = 'conversation.item.input_audio_transcription'
  return [
    {
      type: 'input_audio_buffer.speech_started',
      event_id: 'e1',
      audio_start_ms: 320,
      item_id: 'item_u',
    },
    {
      type: `${transcription}.delta`,
      event_id: 'e2',
      item_id: 'item_u',
      content_index: 0,
      delta: 'When do ',
    },
    { type: 'input_audio_buffer.speech_stopped', event_id: 'e3', audio_end_ms: 2_100, item_id: 'item_u' },
    { type: 'input_audio_buffer.committed', event_id: 'e4', previous_item_id: null, item_id: 'item_u' },
    { type: 'conversation.item.added', event_id: 'e5', previous_item_id: null, item: heard },
    { type: 'conversation.item.done', event_id: 'e6', previous_item_id: null, item: heard },
    responseCreated('resp_1'),
    messageAdded(ids),
    {
      type: 'conversation.item.added',
      event_id: 'e7',
      previous_item_id: 'item_u',
      item: { ...said, status: 'in_progress' },
    },
    {
      type: 'response.content_part.added',
      event_id: 'e8',
      ...of,
      part: { type: 'audio', transcript: '' },
    },
    { type: 'response.output_audio_transcript.delta', event_id: 'e9', ...of, delta: 'We open ' },
    audioDelta(ids, audio.subarray(0, audio.length / 2)),
    {
      type: 'response.output_audio_transcript.delta',
      event_id: 'e10',
      ...of,
      delta: 'at eight.',
      obfuscation: 'x7',
    },
    audioDelta(ids, audio.subarray(audio.length / 2)),
    { type: 'response.output_audio.done', event_id: 'e11', ...of },
    {
      type: 'response.output_audio_transcript.done',
      event_id: 'e12',
      ...of,
      transcript: 'We open at eight.',
    },
    {
      type: 'response.content_part.done',
      event_id: 'e13',
      ...of,
      part: { type: 'audio', transcript: 'We open at eight.' },
    },
    { type: 'conversation.item.done', event_id: 'e14', previous_item_id: 'item_u', item: said },
    {
      type: 'response.output_item.done',
      event_id: 'e15',
      response_id: 'resp_1',
      output_index: 0,
      item: said,
    },
    responseDone('resp_1'),
    { type: 'rate_limits.updated', event_id: 'e16', rate_limits: [] },
    {
      type: `${transcription}.completed`,
      event_id: 'e17',
      item_id: 'item_u',
      content_index: 0,
      transcript: 'When do you open?',
      usage: { type: 'duration', seconds: 2 },
    },
  ]
}
