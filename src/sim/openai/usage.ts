import type { RealtimeResponseUsage } from 'openai/resources/realtime/realtime'
import { audioMs } from './conversation.ts'
import type { StoredItem } from './conversation.ts'
import { textTokens } from './generation-plan.ts'

/** Tokens by what they stand for. */
export type Tokens = { readonly text: number; readonly audio: number }

/** A prefix is cached in steps of so many tokens. */
const CACHE_STEP = 64
/** Overhead of an item: its role and its borders. */
const ITEM_TOKENS = 4

/**
 * What a response reads: instructions, tools and the whole conversation, on every response again.
 * Caller audio counts 10 tokens a second, assistant audio 20.
 */
export function inputTokens(options: {
  instructions: string
  tools: readonly unknown[]
  items: readonly StoredItem[]
}): Tokens {
  let text = textTokens(options.instructions)
  if (options.tools.length > 0) text += textTokens(JSON.stringify(options.tools))
  let audio = 0
  for (const item of options.items) {
    const byCaller = item.wire.type === 'message' && item.wire.role === 'user'
    audio += audioMs(item.audio) / (byCaller ? 100 : 50)
    text += ITEM_TOKENS + textTokens(textOf(item))
  }
  return { text: Math.ceil(text), audio: Math.ceil(audio) }
}

/**
 * The usage of a response as `response.done` shows it.
 * @param options cached what the response before has already read: that much of the input is a cached prefix
 */
export function usageOf(options: { input: Tokens; cached: Tokens; output: Tokens }): RealtimeResponseUsage {
  const { input, output } = options
  const cachedText = cachedPart(options.cached.text, input.text)
  const cachedAudio = cachedPart(options.cached.audio, input.audio)
  const inputCount = input.text + input.audio
  const outputCount = output.text + output.audio
  return {
    total_tokens: inputCount + outputCount,
    input_tokens: inputCount,
    output_tokens: outputCount,
    input_token_details: {
      text_tokens: input.text,
      audio_tokens: input.audio,
      image_tokens: 0,
      cached_tokens: cachedText + cachedAudio,
      cached_tokens_details: { text_tokens: cachedText, audio_tokens: cachedAudio, image_tokens: 0 },
    },
    output_token_details: { text_tokens: output.text, audio_tokens: output.audio },
  }
}

function cachedPart(seen: number, now: number): number {
  return Math.floor(Math.min(seen, now) / CACHE_STEP) * CACHE_STEP
}

/** Text that is in the context as text: a transcript beside its sound is not. */
function textOf(item: StoredItem): string {
  const { wire } = item
  if (wire.type === 'function_call') return wire.name + wire.arguments
  if (wire.type === 'function_call_output') return wire.output
  if (wire.type === 'mcp_approval_response') return ''
  return wire.content.map((part) => part.text ?? '').join('')
}
