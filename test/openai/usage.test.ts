import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { speechUsage } from '../../src/openai/usage.ts'

describe('speechUsage()', () => {
  it('splits what the provider reports by modality', () => {
    expect(
      speechUsage({
        total_tokens: 300,
        input_tokens: 220,
        output_tokens: 80,
        input_token_details: {
          text_tokens: 150,
          audio_tokens: 70,
          image_tokens: 0,
          cached_tokens: 148,
          cached_tokens_details: { text_tokens: 128, audio_tokens: 20, image_tokens: 0 },
        },
        output_token_details: { text_tokens: 20, audio_tokens: 60 },
      }),
    ).toEqual({
      inputTextTokens: 150,
      inputAudioTokens: 70,
      cachedTextTokens: 128,
      cachedAudioTokens: 20,
      outputTextTokens: 20,
      outputAudioTokens: 60,
    })
  })

  it('books totals without details the dearer way', () => {
    expect(speechUsage({ input_tokens: 100, output_tokens: 50 })).toEqual({
      inputTextTokens: 0,
      inputAudioTokens: 100,
      cachedTextTokens: 0,
      cachedAudioTokens: 0,
      outputTextTokens: 0,
      outputAudioTokens: 50,
    })
    expect(
      speechUsage({
        input_tokens: 100,
        output_tokens: 0,
        input_token_details: { text_tokens: 90, audio_tokens: 10, cached_tokens: 64 },
      }),
    ).toMatchObject({ cachedTextTokens: 64, cachedAudioTokens: 0 })
  })

  it('is undefined without usage', () => {
    for (const none of [undefined, null, 'x', 7]) expect(speechUsage(none)).toBeUndefined()
  })

  it('never reports a negative number, or more cached than there was', () => {
    const count = fc.oneof(fc.integer(), fc.double(), fc.string(), fc.constant(null))
    const usage = fc.record(
      {
        input_tokens: count,
        output_tokens: count,
        input_token_details: fc.record(
          {
            text_tokens: count,
            audio_tokens: count,
            cached_tokens: count,
            cached_tokens_details: fc.record(
              { text_tokens: count, audio_tokens: count },
              { requiredKeys: [] },
            ),
          },
          { requiredKeys: [] },
        ),
        output_token_details: fc.record({ text_tokens: count, audio_tokens: count }, { requiredKeys: [] }),
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(usage, (reported) => {
        const found = speechUsage(reported)
        expect(found).toBeDefined()
        if (!found) return
        for (const value of Object.values(found)) expect(value).toBeGreaterThanOrEqual(0)
        expect(found.cachedTextTokens).toBeLessThanOrEqual(found.inputTextTokens)
        expect(found.cachedAudioTokens).toBeLessThanOrEqual(found.inputAudioTokens)
      }),
      { seed: 3, numRuns: 500 },
    )
  })

  it('takes no number that cannot be one of tokens', () => {
    for (const odd of [1e308, 2 ** 53, 1_000_000_001, 0.5, -1, '12', null]) {
      const reported = { text_tokens: odd, audio_tokens: odd, cached_tokens: odd }
      const found = speechUsage({ input_token_details: reported, output_token_details: reported })
      expect(Object.values(found ?? {})).toEqual([0, 0, 0, 0, 0, 0])
    }
  })
})
