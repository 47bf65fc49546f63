import type { ModelScript } from './model-script.ts'
import type { SessionContext } from './session-context.ts'

type When = NonNullable<ModelScript['transcription']>['when']
type Waiting = { readonly anchor: 'firstAudio' | 'done'; readonly emit: () => void; given: boolean }

/** If no response follows, a transcript that should come with or after it comes this long after the turn. */
const ORPHAN_MS = 1500
/** Transcripts waiting for a response; more turns than that without one, and the oldest comes at once. */
const MAX_WAITING = 32

/** The separate model that writes down what the caller said, at a moment of its own. */
export class Transcriber {
  readonly #context: SessionContext
  readonly #waiting: Waiting[] = []
  #early: { readonly itemId: string; readonly text: string; readonly sentWords: number } | undefined

  constructor(context: SessionContext) {
    this.#context = context
  }

  /** The end of a turn is near: a streaming model has written down the first half before it is found. */
  turnEnding(itemId: string): void {
    if (this.#model() !== 'gpt-realtime-whisper' || this.#silent()) return
    const text = this.#context.cursor.nextHeard()
    const words = wordsOf(text)
    const sentWords = Math.floor(words.length / 2)
    this.#early = { itemId, text, sentWords }
    this.#sendDeltas(itemId, words.slice(0, sentWords))
  }

  /** A turn is in the conversation and will be transcribed, if the session asks for it. */
  turnCommitted(itemId: string, audioMs: number): void {
    const model = this.#model()
    const early = this.#early?.itemId === itemId ? this.#early : undefined
    this.#early = undefined
    const when = this.#script().when
    const text = early?.text ?? this.#context.cursor.nextHeard()
    if (model === undefined) return
    this.#tellFault()
    if (when === 'never') return
    const emit = (): void => {
      if (when === 'failed') this.#sendFailure(itemId)
      else this.#sendTranscript({ itemId, text, model, audioMs, sentWords: early?.sentWords ?? 0 })
    }
    this.#schedule(when, emit)
  }

  /** The response has begun to speak. */
  firstAudio(): void {
    this.#release('firstAudio')
  }

  /** The response has ended. */
  responseDone(): void {
    this.#release('firstAudio')
    this.#release('done')
  }

  #model(): string | undefined {
    return this.#context.config().audio.input.transcription?.model
  }

  #script(): { when: When; delayMs: number } {
    const script = this.#context.cursor.script.transcription
    return { when: script?.when ?? 'during', delayMs: script?.delayMs ?? 0 }
  }

  #tellFault(): void {
    const { when, delayMs } = this.#script()
    if (when === 'never') this.#context.struck('noTranscript')
    else if (when === 'failed') this.#context.struck('failedTranscript')
    else if (delayMs > 0) this.#context.struck('lateTranscript')
  }

  #silent(): boolean {
    const { when } = this.#script()
    return when === 'never' || when === 'failed'
  }

  #schedule(when: When, emit: () => void): void {
    const { delayMs } = this.#script()
    if (when === 'before' || when === 'failed' || when === 'never') {
      if (delayMs > 0) this.#context.after(delayMs, emit)
      else emit()
      return
    }
    const waiting: Waiting = { anchor: when === 'during' ? 'firstAudio' : 'done', emit, given: false }
    if (this.#waiting.length >= MAX_WAITING) this.#give(this.#waiting[0])
    this.#waiting.push(waiting)
    this.#giveOrphan(waiting, delayMs)
  }

  #giveOrphan(waiting: Waiting, delayMs: number): void {
    this.#context.after(ORPHAN_MS + delayMs, () => {
      if (waiting.given) return
      if (this.#context.responding()) this.#giveOrphan(waiting, delayMs)
      else this.#give(waiting)
    })
  }

  #release(anchor: Waiting['anchor']): void {
    const { delayMs } = this.#script()
    for (const waiting of this.#waiting.filter((one) => one.anchor === anchor)) {
      if (delayMs > 0) this.#context.after(delayMs, () => this.#give(waiting))
      else this.#give(waiting)
    }
  }

  #give(waiting: Waiting | undefined): void {
    if (!waiting || waiting.given) return
    waiting.given = true
    this.#waiting.splice(this.#waiting.indexOf(waiting), 1)
    waiting.emit()
  }

  #sendFailure(item_id: string): void {
    this.#context.send({
      type: 'conversation.item.input_audio_transcription.failed',
      item_id,
      content_index: 0,
      error: {
        type: 'transcription_error',
        code: 'audio_unintelligible',
        message: 'The audio could not be transcribed.',
      },
    })
  }

  #sendTranscript(turn: {
    itemId: string
    text: string
    model: string
    audioMs: number
    sentWords: number
  }): void {
    const { itemId, text, model, audioMs } = turn
    const item = this.#context.conversation.find(itemId)
    if (item?.wire.type === 'message' && item.wire.role === 'user') {
      item.wire = { ...item.wire, content: [{ type: 'input_audio', transcript: text }] }
    }
    const rest = wordsOf(text).slice(turn.sentWords)
    this.#sendDeltas(itemId, model === 'whisper-1' && text !== '' ? [text] : rest)
    if (model === 'gpt-4o-transcribe-diarize') this.#sendSegment(itemId, text, audioMs)
    this.#context.send({
      type: 'conversation.item.input_audio_transcription.completed',
      item_id: itemId,
      content_index: 0,
      transcript: text,
      usage: usageOf(model, text, audioMs),
      ...(model === 'gpt-transcribe' ? { languages: [{ code: this.#language() }] } : {}),
    })
    this.#context.record.addLine({ itemId, role: 'user', text })
  }

  #sendDeltas(item_id: string, deltas: readonly string[]): void {
    for (const delta of deltas) {
      const type = 'conversation.item.input_audio_transcription.delta'
      this.#context.send({ type, item_id, content_index: 0, delta })
    }
  }

  #sendSegment(item_id: string, text: string, audioMs: number): void {
    const type = 'conversation.item.input_audio_transcription.segment'
    const id = `seg_${this.#context.random.word(16)}`
    this.#context.send({
      type,
      item_id,
      content_index: 0,
      id,
      text,
      speaker: 'A',
      start: 0,
      end: audioMs / 1000,
    })
  }

  #language(): string {
    return this.#context.config().audio.input.transcription?.language ?? 'en'
  }
}

function wordsOf(text: string): readonly string[] {
  return text.match(/\s*\S+/g) ?? []
}

/** Models billed by the minute report seconds, the others tokens. */
function usageOf(
  model: string,
  text: string,
  audioMs: number,
):
  | { type: 'duration'; seconds: number }
  | {
      type: 'tokens'
      input_tokens: number
      output_tokens: number
      total_tokens: number
      input_token_details: { text_tokens: number; audio_tokens: number }
    } {
  if (!model.startsWith('gpt-4o')) return { type: 'duration', seconds: Math.ceil(audioMs / 1000) }
  const audio_tokens = Math.ceil(audioMs / 100)
  const output_tokens = Math.ceil(text.length / 4)
  return {
    type: 'tokens',
    input_tokens: audio_tokens,
    output_tokens,
    total_tokens: audio_tokens + output_tokens,
    input_token_details: { text_tokens: 0, audio_tokens },
  }
}
