import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeBase64, decodeServerMessage, decodeStrictly } from '../../src/openai/server-codec.ts'
import { callDone, errorEvent, turn } from './support/server-events.ts'

const scratch = () => Buffer.alloc(64)
const seeded = { seed: 20_261_120, numRuns: 3_000 }
const bytes = Uint8Array.from({ length: 300 }, (_, index) => (index * 31) & 0xff)

/** An event with its audio as plain numbers, so that where the memory came from does not matter. */
function plain(event: ReturnType<typeof decodeServerMessage>): unknown {
  return event.kind === 'audio' ? { ...event, bytes: [...event.bytes] } : event
}

function strict(text: string | Buffer): unknown {
  return plain(decodeStrictly(Buffer.from(text), scratch()))
}

function toolCall(name: string): string {
  const item = { id: 'item_1', type: 'function_call', status: 'completed', call_id: 'call_1', name }
  return JSON.stringify({ type: 'response.output_item.done', response_id: 'resp_1', item })
}

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
