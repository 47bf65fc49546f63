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
  const inputText = tokensAt(usage, input, 'text_tokens') ?? 0
  const outputText = tokensAt(usage, output, 'text_tokens') ?? 0
  const inputAudio =
    tokensAt(usage, input, 'audio_tokens') ?? rest(tokensAt(usage, 'input_tokens'), inputText)
  const outputAudio =
    tokensAt(usage, output, 'audio_tokens') ?? rest(tokensAt(usage, 'output_tokens'), outputText)
  const cached = tokensAt(usage, input, 'cached_tokens') ?? 0
  const cachedAudio = tokensAt(usage, input, 'cached_tokens_details', 'audio_tokens') ?? 0
  const cachedText =
    tokensAt(usage, input, 'cached_tokens_details', 'text_tokens') ?? rest(cached, cachedAudio)
  return {
    inputTextTokens: inputText,
    inputAudioTokens: inputAudio,
    cachedTextTokens: Math.min(cachedText, inputText),
    cachedAudioTokens: Math.min(cachedAudio, inputAudio),
    outputTextTokens: outputText,
    outputAudioTokens: outputAudio,
  }
}

/** More than a session can use in its hour; a number beyond, or a broken one, would spoil every sum that it enters. */
const MOST_TOKENS = 1_000_000_000

/** The number of tokens at the path, or undefined where there is none that can be one. */
function tokensAt(usage: unknown, ...path: readonly string[]): number | undefined {
  const found = jsonCount(usage, ...path)
  return found !== undefined && Number.isInteger(found) && found <= MOST_TOKENS ? found : undefined
}

function rest(total: number | undefined, known: number): number {
  return Math.max(0, (total ?? 0) - known)
}
