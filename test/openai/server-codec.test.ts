import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { scanFlatEvent } from '../../src/openai/flat-event.ts'
import { decodeBase64, decodeServerMessage, decodeStrictly } from '../../src/openai/server-codec.ts'
import { audioDelta, callDone, errorEvent, turn } from './support/server-events.ts'

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
    'a nested value': usual.replace('"output_index":0', '"output_index":{}'),
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
    let taken = 0
    fc.assert(
      fc.property(message, (fields) => {
        const text = JSON.stringify(fields)
        const quick = fast(text)
        if (quick === undefined) return
        taken++
        expect(quick).toEqual(strict(text))
      }),
      seeded,
    )
    expect(taken).toBeGreaterThan(100)
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

  it('agrees with the strict way on every mutated message', () => {
    const mutation = fc.tuple(
      fc.nat(usual.length - 1),
      fc.nat(3),
      fc.oneof(fc.constantFrom(...'"\\{}[],:=-_+/ \n0Aé'.split('')), fc.string({ maxLength: 4 })),
    )
    let taken = 0
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 3 }), (mutations) => {
        let text = usual
        for (const [at, removed, put] of mutations) text = text.slice(0, at) + put + text.slice(at + removed)
        const quick = fast(text)
        if (quick === undefined) return
        taken++
        expect(quick).toEqual(strict(text))
      }),
      seeded,
    )
    expect(taken).toBeGreaterThan(100)
  })
})

describe('decodeBase64()', () => {
  it('returns what was encoded, for every length', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (audio) => {
        expect([...(decodeBase64(Buffer.from(audio).toString('base64'), scratch()) ?? [])]).toEqual([
          ...audio,
        ])
      }),
      { ...seeded, numRuns: 500 },
    )
  })

  it('refuses text with any character that is not its own', () => {
    for (const text of ['AAA', 'AA A', 'A\\AA', 'AA=A', '=AAA', '====', 'AAAA=', 'ÿAAA']) {
      expect(decodeBase64(text, scratch())).toBeUndefined()
    }
  })
})

describe('decodeServerMessage()', () => {
  it('never throws, whatever the bytes', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.json().map((text) => Buffer.from(text)),
        ),
        (noise) => {
          expect(decodeServerMessage(Buffer.from(noise), scratch()).kind).toMatch(/^(malformed|other)$/)
        },
      ),
      { ...seeded, numRuns: 1_000 },
    )
  })

  it('never throws on known types with fields of any shape', () => {
    const call = callDone({ response: 'r', item: 'i', call: 'c' })
    const messages = [...turn(bytes), call, errorEvent({}), { type: 'session.updated' }]
    const types = messages.flatMap((message) =>
      typeof message === 'object' && 'type' in message ? [String(message.type)] : [],
    )
    fc.assert(
      fc.property(fc.constantFrom(...types), fc.object({ maxDepth: 3 }), (type, fields) => {
        const text = JSON.stringify({ ...fields, type })
        expect(decodeServerMessage(Buffer.from(text), scratch())).toHaveProperty('kind')
      }),
      { ...seeded, numRuns: 1_000 },
    )
  })

  it('survives nesting as deep as a message can be', () => {
    const deep = `{"type":"error","error":${'['.repeat(400_000)}${']'.repeat(400_000)}}`
    expect(decodeServerMessage(Buffer.from(deep), scratch()).kind).toBe('malformed')
    expect(decodeServerMessage(Buffer.from('['.repeat(1_000_000)), scratch()).kind).toBe('malformed')
  })

  it('ignores fields it does not know', () => {
    const call = callDone({ response: 'resp_1', item: 'item_1', call: 'call_1' })
    const more = { ...call, obfuscation: 'x', item: { ...call.item, phase: 'commentary' } }
    expect(strict(JSON.stringify(more))).toEqual(strict(JSON.stringify(call)))
  })

  it('reads a response with nothing but its id and status, and strange usage as none', () => {
    for (const usage of [undefined, null, 'many', 7]) {
      expect(
        strict(JSON.stringify({ type: 'response.done', response: { id: 'r', status: 'completed', usage } })),
      ).toEqual({
        kind: 'responseDone',
        responseId: 'r',
        outOfBand: false,
        status: 'completed',
        retryable: false,
      })
    }
  })

  it('takes a status of a later version for a failure', () => {
    const done = { type: 'response.done', response: { id: 'r', status: 'postponed' } }
    expect(strict(JSON.stringify(done))).toMatchObject({
      status: 'failed',
      code: 'unrecognised',
      retryable: true,
    })
  })

  it('takes no tool name that is longer than any', () => {
    const read = (name: string) => decodeStrictly(Buffer.from(toolCall(name)), scratch())
    expect(read('x'.repeat(257))).toEqual({ kind: 'malformed', reason: 'badShape' })
    expect(read('x'.repeat(256)).kind).toBe('outputItemDone')
  })
})
