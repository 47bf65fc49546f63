import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MediaCodec } from '../../src/twilio/media-codec.ts'
import { streamSid } from './support/media-text.ts'

const seed = 20_261_120

function newCodec(): MediaCodec {
  const codec = new MediaCodec(Buffer.alloc(8_000))
  codec.expectStream(streamSid)
  return codec
}

function markText(name: string): string {
  return JSON.stringify({ event: 'mark', sequenceNumber: '7', streamSid, mark: { name } })
}

describe('MediaCodec.decode() of marks', () => {
  it('reads a mutated mark after it has learnt its layout as a codec does that has learnt nothing', () => {
    const names = fc.oneof(
      fc.string({ minLength: 1, maxLength: 300 }),
      fc.tuple(fc.nat(), fc.nat()).map(([generation, number]) => `g${generation}:${number}`),
    )
    const insert = fc.constantFrom('"', '\\', '\\u0041', '{', '}', ' ', 'é', '","name":"x', '"mark":{},', '')
    let marks = 0
    fc.assert(
      fc.property(
        names,
        fc.record({ at: fc.nat(), cut: fc.nat(3), text: insert }),
        (name, { at, cut, text }) => {
          const learnt = newCodec()
          learnt.decode(Buffer.from(markText('g0:0')))
          const characters = Array.from(markText(name))
          const changed = characters
            .toSpliced(at % (characters.length + 1), text === '' ? 0 : cut, text)
            .join('')
          const expected = new MediaCodec(Buffer.alloc(8_000)).decode(Buffer.from(changed))
          expect(learnt.decode(Buffer.from(changed))).toEqual(expected)
          if (expected.kind === 'mark') marks++
        },
      ),
      { seed, numRuns: 3_000 },
    )
    expect(marks).toBeGreaterThan(500)
  })
})
