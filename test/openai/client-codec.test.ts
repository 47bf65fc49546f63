import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeAppend, eventNumbering, replyEvent, textItem } from '../../src/openai/client-codec.ts'

describe('encodeAppend()', () => {
  it('is the JSON that a library would write, for every length and any view', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2_000 }), fc.nat(8), (audio, offset) => {
        const memory = new Uint8Array(audio.length + 8)
        memory.set(audio, offset)
        const view = memory.subarray(offset, offset + audio.length)
        const expected = JSON.stringify({
          type: 'input_audio_buffer.append',
          audio: Buffer.from(audio).toString('base64'),
        })
        expect(encodeAppend(view).toString('latin1')).toBe(expected)
        expect(encodeAppend(Buffer.from(audio)).toString('latin1')).toBe(expected)
      }),
      { seed: 7, numRuns: 300 },
    )
  })
})

describe('eventNumbering()', () => {
  it('gives no id twice and names what is refused', () => {
    const number = eventNumbering()
    expect([number('item'), number('item'), number('cancel')]).toEqual(['item_1', 'item_2', 'cancel_3'])
  })
})

describe('replyEvent()', () => {
  it('carries its own key where the response will show it', () => {
    expect(replyEvent('create_1', {})).toEqual({
      type: 'response.create',
      event_id: 'create_1',
      response: { metadata: { reply: 'create_1' } },
    })
    expect(
      replyEvent('create_2', { instructions: 'Say x', purpose: 'question', id: 'q1', toolChoice: 'none' }),
    ).toEqual({
      type: 'response.create',
      event_id: 'create_2',
      response: {
        metadata: { reply: 'create_2', purpose: 'question', id: 'q1' },
        instructions: 'Say x',
        tool_choice: 'none',
      },
    })
  })
})

describe('textItem()', () => {
  it('uses the content type that the role allows', () => {
    expect(JSON.stringify(textItem('system', 'x'))).toContain('"input_text"')
    expect(JSON.stringify(textItem('user', 'x'))).toContain('"input_text"')
    expect(JSON.stringify(textItem('assistant', 'x'))).toContain('"output_text"')
  })
})
