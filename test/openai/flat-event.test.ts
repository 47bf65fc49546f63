import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { scanFlatEvent } from '../../src/openai/flat-event.ts'
import { decodeServerMessage, decodeStrictly } from '../../src/openai/server-codec.ts'
import { audioDelta } from './support/server-events.ts'

const scratch = () => Buffer.alloc(64)
const seeded = { seed: 20_261_120, numRuns: 3_000 }
const bytes = Uint8Array.from({ length: 300 }, (_, index) => (index * 31) & 0xff)
const flatTypes = [
  'input_audio_buffer.speech_started',
  'input_audio_buffer.speech_stopped',
  'input_audio_buffer.committed',
  'conversation.item.input_audio_transcription.delta',
  'response.output_audio_transcript.delta',
  'response.output_audio_transcript.done',
  'response.output_audio.done',
]
const usual = audioDelta({ response: 'resp_1', item: 'item_1' }, bytes)

/** What stands before a sound, as the provider writes it. */
const nested = {
  callerText: JSON.stringify({
    type: 'conversation.item.input_audio_transcription.completed',
    event_id: 'event_1',
    item_id: 'item_1',
    content_index: 0,
    transcript: 'Two words.',
    usage: { type: 'duration', seconds: 1.25, details: { cached: true, list: [1, [], {}, 'a'] } },
  }),
  itemAdded: JSON.stringify({
    type: 'conversation.item.added',
    previous_item_id: null,
    item: { id: 'item_1', type: 'message', content: [{ type: 'input_audio', transcript: null }] },
  }),
  created: JSON.stringify({
    type: 'response.created',
    event_id: 'event_1',
    response: {
      object: 'realtime.response',
      id: 'resp_1',
      status: 'in_progress',
      output: [],
      conversation_id: 'conv_1',
      metadata: null,
    },
  }),
  outOfBand: JSON.stringify({ type: 'response.created', response: { id: 'resp_1', conversation_id: null } }),
  outputItem: JSON.stringify({
    type: 'response.output_item.added',
    response_id: 'resp_1',
    output_index: 0,
    item: { id: 'item_1', type: 'message', status: 'in_progress', role: 'assistant', content: [] },
  }),
  outputItemDone: JSON.stringify({
    type: 'response.output_item.done',
    response_id: 'resp_1',
    item: { id: 'item_1', type: 'message', name: null, content: [{ transcript: 'Two words.' }] },
  }),
}

/** Mostly what is usual, so that the fast way is taken often. */
function often<T>(usually: fc.Arbitrary<T>, seldom: fc.Arbitrary<unknown>) {
  return fc.oneof({ weight: 9, arbitrary: usually }, { weight: 1, arbitrary: seldom })
}

/** An event with its audio as plain numbers, so that where the memory came from does not matter. */
function plain(event: ReturnType<typeof decodeServerMessage>): unknown {
  return event.kind === 'audio' ? { ...event, bytes: [...event.bytes] } : event
}

function fast(text: string): unknown {
  const found = scanFlatEvent(Buffer.from(text), scratch())
  return found && plain(found)
}

function strict(text: string | Buffer): unknown {
  return plain(decodeStrictly(Buffer.from(text), scratch()))
}

function toolCall(name: string): string {
  const item = { id: 'item_1', type: 'function_call', status: 'completed', call_id: 'call_1', name }
  return JSON.stringify({ type: 'response.output_item.done', response_id: 'resp_1', item })
}

/** What the fast way takes, the strict way reads likewise. @returns how many it takes */
function agreedOn(messages: fc.Arbitrary<string>): number {
  let taken = 0
  fc.assert(
    fc.property(messages, (text) => {
      const quick = fast(text)
      if (quick === undefined) return
      taken++
      expect(quick).toEqual(strict(text))
    }),
    seeded,
  )
  return taken
}

describe('scanFlatEvent()', () => {
  it('reads the usual message without JSON, in any order of keys', () => {
    const fields = Object.entries(JSON.parse(usual) as Record<string, unknown>)
    for (let shift = 0; shift < fields.length; shift++) {
      const text = JSON.stringify(Object.fromEntries([...fields.slice(shift), ...fields.slice(0, shift)]))
      expect(fast(text)).toEqual({
        kind: 'audio',
        responseId: 'resp_1',
        itemId: 'item_1',
        bytes: [...bytes],
      })
    }
  })

  it('decodes into the scratch memory where it fits', () => {
    const memory = Buffer.alloc(1_024)
    const into = (target: Buffer): Uint8Array => {
      const found = scanFlatEvent(Buffer.from(usual), target)
      return found?.kind === 'audio' ? found.bytes : new Uint8Array()
    }
    expect(into(memory).buffer).toBe(memory.buffer)
    expect(into(memory).byteOffset).toBe(memory.byteOffset)
    expect(into(Buffer.alloc(0))).toEqual(Buffer.from(bytes))
  })

  const odd = {
    spaces: usual.replace(':', ': '),
    'an escape in an id': usual.replace('item_1', 'item\\u005f1'),
    'an escape in the audio': usual.replace(/"delta":"../, '"delta":"\\u0041'),
    'a nested value with an escape': usual.replace('"output_index":0', '"output_index":{"a":["\\n"]}'),
    'an object as id': usual.replace('"item_1"', '{}'),
    'an object without end': usual.replace('"output_index":0', '"output_index":{"a":[1,2}'),
    'a comma before the end of a list': usual.replace('"output_index":0', '"output_index":[1,]'),
    'a list nine deep': usual.replace(':0', `:${'['.repeat(9)}1${']'.repeat(9)}`),
    'a point without digits': usual.replace('"output_index":0', '"output_index":0.'),
    'a name twice': usual.replace('{', '{"item_id":"other",'),
    'the audio twice': usual.replace('{', '{"delta":"AAAA",'),
    'the URL alphabet': usual.replace(/"delta":"../, '"delta":"-_'),
    'a blank in the audio': usual.replace(/"delta":"../, '"delta":" A'),
    'audio of no whole group': usual.replace(/"delta":"../, '"delta":"'),
    'padding in the middle': usual.replace(/"delta":"..../, '"delta":"AA=='),
    'a number as audio': usual.replace(/"delta":"[^"]*"/, '"delta":7'),
    'a leading zero': usual.replace('"output_index":0', '"output_index":00'),
    'an empty id': usual.replace('item_1', ''),
    'no id': usual.replace('"item_id":"item_1",', ''),
    'another type': usual.replace('output_audio.delta', 'content_part.added'),
    'an id without end': usual.replace('item_1', 'i'.repeat(257)),
    'something after the end': `${usual} `,
    'a comma at the end': usual.replace(/}$/, ',}'),
    'a letter beyond ASCII': usual.replace('event_a', 'événement'),
    'a cut message': usual.slice(0, -20),
  }
  for (const [name, text] of Object.entries(odd)) {
    it(`leaves ${name} to the strict way`, () => {
      expect(text).not.toBe(usual)
      expect(fast(text)).toBeUndefined()
      expect(plain(decodeServerMessage(Buffer.from(text), scratch()))).toEqual(strict(text))
    })
  }

  it('agrees with the strict way on every generated message', () => {
    const audio = fc.uint8Array({ maxLength: 200 }).map((sound) => Buffer.from(sound))
    const message = fc.record(
      {
        type: often(fc.constant('response.output_audio.delta'), fc.constantFrom(...flatTypes, 'error')),
        event_id: often(fc.stringMatching(/^event_[A-Za-z0-9]{1,20}$/), fc.string({ unit: 'binary' })),
        response_id: often(fc.stringMatching(/^resp_[A-Za-z0-9]{1,20}$/), fc.string()),
        item_id: often(fc.stringMatching(/^item_[A-Za-z0-9]{1,20}$/), fc.anything()),
        output_index: often(fc.nat(), fc.oneof(fc.double(), fc.constant(null))),
        delta: often(
          audio.map((sound) => sound.toString('base64')),
          fc.oneof(
            audio.map((sound) => sound.toString('base64url')),
            fc.base64String(),
            fc.string(),
          ),
        ),
        obfuscation: often(fc.stringMatching(/^[A-Za-z0-9]*$/), fc.string()),
      },
      { requiredKeys: ['type', 'response_id', 'item_id', 'delta'] },
    )
    expect(agreedOn(message.map((fields) => JSON.stringify(fields)))).toBeGreaterThan(100)
  })

  it('reads every other flat event, and leaves texts that need decoding to the strict way', () => {
    const more = { event_id: 'event_1', response_id: 'resp_1', item_id: 'item_1', previous_item_id: null }
    for (const type of flatTypes) {
      const text = JSON.stringify({ type, ...more, delta: ' two words', transcript: 'Two words.' })
      expect(fast(text)).toEqual(strict(text))
      expect(fast(text)).toBeDefined()
      const escaped = JSON.stringify({ type, ...more, delta: 'é', transcript: 'a "b"' })
      // A text that is not used is not decoded.
      expect(fast(escaped) ?? strict(escaped)).toEqual(strict(escaped))
      expect(plain(decodeServerMessage(Buffer.from(escaped), scratch()))).toEqual(strict(escaped))
      expect(fast(text.replace('null', 'nule'))).toBeUndefined()
    }
  })

  it('agrees with the strict way on every generated flat event', () => {
    const id = often(fc.stringMatching(/^item_[A-Za-z0-9]{1,20}$/), fc.anything())
    const words = often(fc.stringMatching(/^[ -~]*$/), fc.string({ unit: 'binary' }))
    const message = fc.record(
      {
        type: fc.constantFrom(...flatTypes),
        response_id: id,
        item_id: id,
        previous_item_id: often(fc.constant(null), fc.anything()),
        audio_start_ms: often(fc.nat(), fc.double()),
        delta: words,
        transcript: words,
      },
      { requiredKeys: ['type', 'item_id'] },
    )
    const taken = new Set<unknown>()
    fc.assert(
      fc.property(message, (fields) => {
        const text = JSON.stringify(fields)
        const quick = fast(text)
        if (quick === undefined) return
        taken.add(fields.type)
        expect(quick).toEqual(strict(text))
      }),
      seeded,
    )
    expect(taken.size).toBe(flatTypes.length)
  })

  it('reads what stands before a sound, with all that is nested in it', () => {
    for (const text of Object.values(nested)) {
      expect(fast(text)).toBeDefined()
      expect(fast(text)).toEqual(strict(text))
    }
  })

  const unusual = {
    'a call of a function': toolCall('send_sms'),
    'a message with the id of a call': nested.outputItem.replace('"status"', '"call_id":"call_1","status"'),
    'a response that was asked for': nested.created.replace('"metadata":null', '"metadata":{"reply":"r_1"}'),
    'metadata without a reply': nested.created.replace('"metadata":null', '"metadata":{}'),
    'an item that is a text': nested.itemAdded.replace(/"item":.*}}/, '"item":"item_1"}'),
    'an item twice': nested.itemAdded.replace('"item":', '"item":{"id":"item_0"},"item":'),
    'a response under the name of an item': nested.created.replace('"response":', '"item":'),
    'an item under the name of a response': nested.outputItem.replace('"item":', '"response":'),
    'a message without its item': nested.itemAdded.replace('"item":', '"other":'),
    'an id twice': nested.itemAdded.replace('"id":', '"id":"item_0","id":'),
    'an id that is null': nested.itemAdded.replace('"id":"item_1"', '"id":null'),
    'a number as conversation': nested.created.replace('"conv_1"', '7'),
    'a list as status': nested.outputItem.replace('"in_progress"', '[]'),
    'a long nested id': nested.itemAdded.replace('item_1', 'i'.repeat(257)),
    'words with an accent': nested.callerText.replace('Two', 'Deux é'),
  }
  for (const [name, text] of Object.entries(unusual)) {
    it(`leaves ${name} to the strict way`, () => {
      expect(Object.values<string>(nested)).not.toContain(text)
      expect(fast(text)).toBeUndefined()
      expect(plain(decodeServerMessage(Buffer.from(text), scratch()))).toEqual(strict(text))
    })
  }

  it.each(Object.entries({ usual, ...nested }))('agrees on every mutation of %s', (_, original) => {
    const mutation = fc.tuple(
      fc.nat(original.length - 1),
      fc.nat(3),
      fc.oneof(fc.constantFrom(...'"\\{}[],:=-_+/ \n0Aé'.split('')), fc.string({ maxLength: 4 })),
    )
    const mutations = fc.array(mutation, { minLength: 1, maxLength: 3 })
    const texts = mutations.map((all) =>
      all.reduce((text, [at, removed, put]) => text.slice(0, at) + put + text.slice(at + removed), original),
    )
    expect(agreedOn(texts)).toBeGreaterThan(100)
  })
})
