import { sentenceLanguage, sentenceText } from './sentences.ts'
import type { SentenceKey } from './sentences.ts'

/** The key of the soft tone among the clips. */
export const toneKey = 'tone'

/** Prepared clips cannot be used. `code` is `missing_tone` or `bad_manifest`. */
export class PromptAudioError extends Error {
  readonly code: 'missing_tone' | 'bad_manifest'

  constructor(code: 'missing_tone' | 'bad_manifest', message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'PromptAudioError'
    this.code = code
  }
}

/** What is played for a fixed sentence. Without a clip it is the tone, and `spoken` is false. */
export type PreparedClip = { readonly ulaw: Uint8Array; readonly text: string; readonly spoken: boolean }

/** The key under which the clip of a sentence is kept, for example `de/ownerGreeting`. */
export function clipKey(sentence: SentenceKey, language: string): string {
  return `${language}/${sentence}`
}

/**
 * Prepared audio of the fixed sentences; it satisfies the PromptAudio port. Everything is looked up at construction,
 * so that a call never waits for it.
 * @param clips µ-law 8 kHz by clipKey, and the tone under toneKey; an empty clip counts as missing
 * @throws PromptAudioError when there is no tone: then a missing clip would be silence on the line
 */
export function createPromptAudio(clips: ReadonlyMap<string, Uint8Array>): {
  clip(sentence: SentenceKey, language: string): PreparedClip
} {
  const tone = clips.get(toneKey)
  if (!tone?.length) {
    throw new PromptAudioError('missing_tone', `Cannot prepare prompt audio: no clip is named "${toneKey}"`)
  }
  return {
    clip(sentence, language) {
      const text = sentenceText(sentence, language)
      const known = sentenceLanguage(language)
      const ulaw = known && clips.get(clipKey(sentence, known))
      return ulaw?.length ? { ulaw, text, spoken: true } : { ulaw: tone, text, spoken: false }
    },
  }
}
