import { pick } from './odd-values.ts'
import { type EventMaking, realtimeEvent } from './realtime-events.ts'
import { someArguments } from './realtime-parts.ts'

/** What happens in a session, from its beginning to its end, as the events that tell of it in their right order. */
const stories = {
  /** The model speaks. */
  reply: (making: EventMaking): readonly object[] => {
    const { event, place, response, item } = begun(making)
    const message = { id: item, type: 'message', role: 'assistant', status: 'in_progress', content: [] }
    const deltas = Array.from({ length: 1 + making.random.whole(6) }, () => [
      event('response.output_audio_transcript.delta', place),
      event('response.output_audio.delta', place),
    ]).flat()
    return [
      event('response.created', { response }),
      event('response.output_item.added', { ...place, item: message }),
      event('conversation.item.added', { item: message }),
      event('response.content_part.added', place),
      ...deltas,
      event('response.output_audio.done', place),
      event('response.output_audio_transcript.done', place),
      event('response.content_part.done', place),
      event('conversation.item.done', { item: message }),
      event('response.output_item.done', { ...place, item: { ...message, status: 'completed' } }),
      event('response.done', { response: { ...response, status: 'completed' } }),
      event('rate_limits.updated', {}),
    ]
  },
  /** The model calls one tool or several. */
  tools: (making: EventMaking): readonly object[] => {
    const { scene, random } = making
    const { event, place, response } = begun(making)
    const calls = Array.from({ length: 1 + random.whole(12) }, (_, output_index) => {
      const item = scene.fresh('item')
      const call = {
        id: item,
        type: 'function_call',
        status: 'in_progress',
        call_id: scene.fresh('call'),
        name: pick(random, ['end_call', 'send_sms']),
        arguments: '',
      }
      const at = { ...place, item_id: item, output_index, call_id: call.call_id }
      const written = someArguments(random)
      const cut = random.whole(written.length + 1)
      const done = { ...call, status: 'completed', arguments: written }
      return [
        event('response.output_item.added', { ...at, item: call }),
        event('response.function_call_arguments.delta', { ...at, delta: written.slice(0, cut) }),
        event('response.function_call_arguments.delta', { ...at, delta: written.slice(cut) }),
        event('response.function_call_arguments.done', { ...at, arguments: written }),
        event('response.output_item.done', { ...at, item: done }),
      ]
    })
    return [
      event('response.created', { response }),
      ...calls.flat(),
      event('response.done', { response: { ...response, status: 'completed' } }),
    ]
  },
  /** The caller speaks. */
  turn: (making: EventMaking): readonly object[] => {
    const item_id = making.scene.fresh('item')
    const event = (type: string): object => ({ ...realtimeEvent(type, making), item_id })
    const item = { id: item_id, type: 'message', role: 'user', status: 'completed', content: [] }
    const transcription = 'conversation.item.input_audio_transcription'
    return [
      event('input_audio_buffer.speech_started'),
      event('input_audio_buffer.speech_stopped'),
      event('input_audio_buffer.committed'),
      { ...realtimeEvent('conversation.item.added', making), item },
      { ...realtimeEvent('conversation.item.done', making), item },
      event(`${transcription}.delta`),
      event(`${transcription}.${pick(making.random, ['completed', 'completed', 'failed'])}`),
    ]
  },
} as const

/** Names of all stories. */
export type StoryName = keyof typeof stories

/** A story's events in their right order. */
export function realtimeStory(name: StoryName, making: EventMaking): readonly object[] {
  return stories[name](making)
}

/** The same events in an order, and so often, as they must not come. */
export function disordered(events: readonly object[], { random }: EventMaking): readonly object[] {
  const list = [...events]
  for (let left = 1 + random.whole(4); left > 0 && list.length > 0; left--) {
    const at = random.whole(list.length)
    const [one] = list.slice(at, at + 1)
    if (!one) continue
    switch (random.whole(5)) {
      case 0:
        list.splice(at, 1)
        break
      case 1:
        list.splice(random.whole(list.length + 1), 0, one)
        break
      case 2:
        list.splice(at, 1)
        list.splice(random.whole(list.length + 1), 0, one)
        break
      case 3:
        list.push(...list.slice(-1), ...list.slice(-1), one)
        break
      default:
        list.reverse()
    }
  }
  return list
}

function begun(making: EventMaking): {
  readonly event: (type: string, fields: object) => object
  readonly place: object
  readonly response: object
  readonly item: string
} {
  const id = making.scene.fresh('response')
  const item = making.scene.fresh('item')
  return {
    event: (type, fields) => ({ ...realtimeEvent(type, making), ...fields }),
    place: { response_id: id, item_id: item, output_index: 0, content_index: 0 },
    response: {
      id,
      object: 'realtime.response',
      status: 'in_progress',
      output: [],
      conversation_id: 'conv_1',
    },
    item,
  }
}
