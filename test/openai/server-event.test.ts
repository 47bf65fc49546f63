import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { serverEventReaders } from '../../src/openai/server-event.ts'

const id = z.string().min(1).max(256)
const ofItem = z.object({ item_id: id })
const ofReply = z.object({ response_id: id, item_id: id })
const item = z.object({
  id,
  type: z.string(),
  role: z.string().nullish(),
  status: z.string().nullish(),
  call_id: id.nullish(),
  name: z.string().max(256).nullish(),
  arguments: z.string().nullish(),
})
const response = z.object({ id, conversation_id: z.string().nullish(), status: z.string().nullish() })
const transcription = 'conversation.item.input_audio_transcription'
const transcript = 'response.output_audio_transcript'

/** What each event must hold, said once more by schemas: whoever checks by hand forgets something. */
const shapes: Readonly<Record<string, z.ZodType>> = {
  'session.created': z.object({ session: z.object({ id }) }),
  'session.updated': z.object({ session: z.looseObject({}) }),
  'input_audio_buffer.speech_started': ofItem,
  'input_audio_buffer.speech_stopped': ofItem,
  'input_audio_buffer.committed': ofItem,
  [`${transcription}.delta`]: ofItem.extend({ delta: z.string() }),
  [`${transcription}.completed`]: ofItem.extend({ transcript: z.string() }),
  [`${transcription}.failed`]: ofItem,
  'conversation.item.added': z.object({ item: z.object({ id }) }),
  'response.created': z.object({ response }),
  'response.output_item.added': z.object({ response_id: id, item }),
  'response.output_item.done': z.object({ response_id: id, item }),
  [`${transcript}.delta`]: ofReply.extend({ delta: z.string() }),
  [`${transcript}.done`]: ofReply.extend({ transcript: z.string() }),
  'response.output_audio.done': ofReply,
  'response.done': z.object({ response }),
  error: z.object({ error: z.looseObject({}) }),
}

/** Mostly fitting, so that both verdicts are frequent even with many fields. */
function mostly<T>(fitting: fc.Arbitrary<T>): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 24, arbitrary: fitting }, { weight: 1, arbitrary: odd })
}

const odd = fc.oneof(
  fc.constantFrom('', null, 7, true, [], {}, ['x'], 'x'.repeat(256), 'x'.repeat(257)),
  fc.anything(),
)
const anId = mostly(fc.string({ minLength: 1, maxLength: 12 }))
const text = mostly(fc.string())
const textOrNone = mostly(fc.option(fc.string(), { nil: null }))
const fields = fc.record(
  {
    response_id: anId,
    item_id: anId,
    delta: text,
    transcript: text,
    session: mostly(fc.record({ id: anId, expires_at: text })),
    error: mostly(fc.record({ code: text })),
    response: mostly(
      fc.record({ id: anId, conversation_id: textOrNone, status: textOrNone }, { requiredKeys: ['id'] }),
    ),
    item: mostly(
      fc.record(
        {
          id: anId,
          type: mostly(fc.constantFrom('message', 'function_call', 'other')),
          role: textOrNone,
          status: textOrNone,
          call_id: mostly(fc.option(fc.string({ minLength: 1 }), { nil: null })),
          name: textOrNone,
          arguments: textOrNone,
        },
        { requiredKeys: ['id', 'type'] },
      ),
    ),
  },
  { requiredKeys: [] },
)

describe('serverEventReaders', () => {
  it('are one for each shape', () => {
    expect([...serverEventReaders.keys()].toSorted()).toEqual(Object.keys(shapes).toSorted())
  })

  for (const [type, shape] of Object.entries(shapes)) {
    it(`take exactly what a schema takes as ${type}`, () => {
      const verdicts = { taken: 0, refused: 0 }
      fc.assert(
        fc.property(fields, (generated) => {
          const message: unknown = JSON.parse(JSON.stringify({ ...generated, type }))
          const isTaken = serverEventReaders.get(type)?.(message).kind !== 'malformed'
          verdicts[isTaken ? 'taken' : 'refused'] += 1
          expect(isTaken).toBe(shape.safeParse(message).success)
        }),
        { seed: 20_261_127, numRuns: 1_000 },
      )
      expect(Math.min(verdicts.taken, verdicts.refused)).toBeGreaterThan(20)
    })
  }
})
