import { describe, expect, it } from 'vitest'
import type { PromptAudio } from '../../src/ports/prompt-audio.ts'
import { clipKey, createPromptAudio, PromptAudioError, toneKey } from '../../src/prompts/prompt-audio.ts'
import { sentenceText } from '../../src/prompts/sentences.ts'

const tone = Uint8Array.of(1, 2, 3)
const hold = Uint8Array.of(4, 5)
const audio: PromptAudio = createPromptAudio(
  new Map([
    [toneKey, tone],
    [clipKey('hold', 'de'), hold],
    [clipKey('busy', 'de'), new Uint8Array()],
  ]),
)

describe('createPromptAudio()', () => {
  it('gives the clip and its words, also for a regional tag', () => {
    const expected = { ulaw: hold, text: 'Einen Moment, bitte.', spoken: true }
    expect(audio.clip('hold', 'de')).toEqual(expected)
    expect(audio.clip('hold', 'de-CH')).toEqual(expected)
  })

  it('gives the soft tone, not spoken, when the sentence has no clip in the language', () => {
    expect(audio.clip('hold', 'es')).toEqual({ ulaw: tone, text: sentenceText('hold', 'es'), spoken: false })
    expect(audio.clip('goodbye', 'de').ulaw).toBe(tone)
  })

  it('gives the soft tone, when the language has no sentences', () => {
    expect(audio.clip('hold', 'fr')).toEqual({ ulaw: tone, text: sentenceText('hold', 'en'), spoken: false })
  })

  it('takes an empty clip for a missing one, so that the caller never meets silence', () => {
    expect(audio.clip('busy', 'de')).toMatchObject({ ulaw: tone, spoken: false })
  })

  it('throws PromptAudioError missing_tone, when there is no tone or it is empty', () => {
    for (const clips of [new Map<string, Uint8Array>(), new Map([[toneKey, new Uint8Array()]])]) {
      expect(() => createPromptAudio(clips)).toThrow(PromptAudioError)
      expect(() => createPromptAudio(clips)).toThrow(expect.objectContaining({ code: 'missing_tone' }))
    }
  })
})
