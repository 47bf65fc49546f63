import type { SpeechUsage } from '../ports/speech.ts'
import { jsonCount } from './json-field.ts'

/**
 * Tokens of one response from the `usage` of `response.done`. Cached tokens are part of the input, per modality.
 * Where the provider gives totals without details, they are booked as audio, and cached ones as text: the dearer
 * reading, so that a budget never ends late.
 * @param usage unchecked; null on failed and on very early cancelled responses
 */
export function speechUsage(usage: unknown): SpeechUsage | undefined {
  if (typeof usage !== 'object' || usage === null) return undefined
  const input = 'input_token_details'
  const output = 'output_token_details'
  const inputText = jsonCount(usage, input, 'text_tokens') ?? 0
  const outputText = jsonCount(usage, output, 'text_tokens') ?? 0
  const inputAudio =
    jsonCount(usage, input, 'audio_tokens') ?? rest(jsonCount(usage, 'input_tokens'), inputText)
  const outputAudio =
    jsonCount(usage, output, 'audio_tokens') ?? rest(jsonCount(usage, 'output_tokens'), outputText)
  const cached = jsonCount(usage, input, 'cached_tokens') ?? 0
  const cachedAudio = jsonCount(usage, input, 'cached_tokens_details', 'audio_tokens') ?? 0
  const cachedText =
    jsonCount(usage, input, 'cached_tokens_details', 'text_tokens') ?? rest(cached, cachedAudio)
  return {
    inputTextTokens: inputText,
    inputAudioTokens: inputAudio,
    cachedTextTokens: Math.min(cachedText, inputText),
    cachedAudioTokens: Math.min(cachedAudio, inputAudio),
    outputTextTokens: outputText,
    outputAudioTokens: outputAudio,
  }
}

function rest(total: number | undefined, known: number): number {
  return Math.max(0, (total ?? 0) - known)
}
