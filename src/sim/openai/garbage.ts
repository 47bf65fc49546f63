import type { GarbageForm } from './model-fault.ts'
import type { SeededRandom } from './seeded-random.ts'

/** A message as it goes out, whether or not it is an event. */
export type RawFrame =
  | { readonly kind: 'text'; readonly data: string | Uint8Array }
  | { readonly kind: 'binary'; readonly data: Uint8Array }
  /** Bytes that need be no frame. */
  | { readonly kind: 'wire'; readonly data: Uint8Array }

/** Where audio of a response belongs. */
export type AudioPlace = {
  readonly response_id: string
  readonly item_id: string
  readonly output_index: number
  readonly content_index: number
}

/** A place that no response has ever had. */
export function unknownPlace(random: SeededRandom): AudioPlace {
  const ids = { response_id: `resp_${random.word(21)}`, item_id: `item_${random.word(21)}` }
  return { ...ids, output_index: 0, content_index: 0 }
}

/**
 * A message that no server should send.
 * @param options.place of the audio that is being sent: what spoils audio spoils that
 */
export function garbageFrame(options: {
  readonly form: GarbageForm
  readonly place: AudioPlace
  readonly random: SeededRandom
}): RawFrame {
  const { form, place, random } = options
  const event_id = `event_${random.word(21)}`
  const audio = { type: 'response.output_audio.delta', event_id, ...place, delta: silence(4_800) }
  switch (form) {
    case 'notJson':
      return { kind: 'text', data: `upstream connect error ${random.word(8)}` }
    case 'truncatedJson':
      return { kind: 'text', data: JSON.stringify(audio).slice(0, -random.between(2, 200)) }
    case 'missingType':
      return json({ event_id, response_id: place.response_id })
    case 'wrongTypes':
      return json({ ...audio, event_id: 17, response_id: [place.response_id], item_id: {}, delta: 42 })
    case 'binaryFrame':
      return { kind: 'binary', data: Buffer.from(JSON.stringify(audio)) }
    case 'invalidUtf8': {
      // A lone continuation byte inside a string; Source: RFC 3629, section 3
      const bytes = Buffer.from(JSON.stringify({ type: 'session.updated', event_id }))
      return {
        kind: 'text',
        data: Buffer.concat([bytes.subarray(0, 12), Buffer.of(0x80), bytes.subarray(12)]),
      }
    }
    case 'unknownEvent':
      return json({ type: 'conversation.mood.updated', event_id, mood: random.word(8) })
    case 'badBase64':
      return json({ ...audio, delta: `${audio.delta.slice(0, -8)}*-_=!é` })
    case 'oddBytes':
      return json({ ...audio, delta: silence(4_801) })
    case 'hugeNumbers':
      return json({ ...audio, output_index: 1e308, content_index: -1e308 })
    case 'unknownResponse':
      return json({ ...audio, response_id: unknownPlace(random).response_id })
    case 'unknownItem':
      return json({ ...audio, item_id: unknownPlace(random).item_id })
  }
}

function json(event: object): RawFrame {
  return { kind: 'text', data: JSON.stringify(event) }
}

function silence(bytes: number): string {
  return Buffer.alloc(bytes).toString('base64')
}
