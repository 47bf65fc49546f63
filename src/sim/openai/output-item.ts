import { bytesPerMs } from './audio-format.ts'
import type { AudioFormat } from './audio-format.ts'
import type { StoredItem } from './conversation.ts'
import type { AudioPlace } from './garbage.ts'
import type { PlannedOutput, Step } from './generation-plan.ts'
import type { Phase, WireItem } from './server-events.ts'
import type { SessionContext } from './session-context.ts'

/** Where an output item belongs. */
export type OutputPlace = {
  readonly responseId: string
  readonly index: number
  readonly inConversation: boolean
  readonly phase: Phase
}

type Status = 'in_progress' | 'completed' | 'incomplete'

/**
 * One output of a response and the events of its life, in the order recorded on the GA dialect: added twice (to the
 * response, to the conversation), filled, then done from the inside out.
 */
export class OutputItem {
  readonly item: StoredItem
  readonly #context: SessionContext
  readonly #planned: PlannedOutput
  readonly #place: OutputPlace
  readonly #id: string
  readonly #callId: string
  readonly #phase: Phase | undefined
  #state: 'planned' | 'open' | 'closed' = 'planned'
  #text = ''
  #generatedBytes = 0

  constructor(options: {
    context: SessionContext
    planned: PlannedOutput
    place: OutputPlace
    format: AudioFormat
  }) {
    this.#context = options.context
    this.#planned = options.planned
    this.#place = options.place
    this.#id = this.#context.newId('item')
    this.#callId = this.#context.newId('call')
    this.#phase = this.#context.extra('phase') ? options.place.phase : undefined
    const audio = { format: options.format, chunks: [], bytes: 0, truncated: false }
    this.item = { wire: this.#wire('in_progress'), ...(options.planned.kind === 'audio' ? { audio } : {}) }
  }

  get started(): boolean {
    return this.#state !== 'planned'
  }

  get open(): boolean {
    return this.#state === 'open'
  }

  /** The transcript, the text or the arguments so far. */
  get text(): string {
    return this.#text
  }

  /** Audio generated, also what a truncation has taken away again. */
  get generatedMs(): number {
    return this.item.audio ? this.#generatedBytes / bytesPerMs(this.item.audio.format) : 0
  }

  /** How events about its content name it. */
  get place(): AudioPlace {
    return this.#inItem()
  }

  /** Counts audio as generated that has been sent by other means. */
  keepAudio(bytes: Uint8Array): void {
    this.#generatedBytes += bytes.length
    if (this.item.audio) this.#context.conversation.addAudio(this.item.audio, bytes)
  }

  /** Carries out one step of the plan. */
  perform(step: Step): void {
    switch (step.kind) {
      case 'open':
        return this.#open()
      case 'text':
        return this.#addText(step.delta)
      case 'arguments':
        return this.#addArguments(step.delta)
      case 'audio':
        return this.#addAudio(step.bytes)
      case 'close':
        return this.close('completed')
    }
  }

  /** Ends the item: all its done events, with what there is. */
  close(status: 'completed' | 'incomplete'): void {
    this.#state = 'closed'
    this.item.wire = this.#wire(status)
    if (this.#planned.kind === 'call') this.#closeCall(this.#planned.name)
    else this.#closePart(this.#planned.kind)
    const { wire: item } = this.item
    if (this.#place.inConversation) {
      const previous_item_id = this.#previousId()
      this.#context.send({ type: 'conversation.item.done', previous_item_id, item })
    }
    this.#context.send({ type: 'response.output_item.done', ...this.#inResponse(), item })
    if (this.#place.inConversation && this.#planned.kind !== 'call') {
      this.#context.record.addLine({ itemId: this.#id, role: 'assistant', text: this.#text })
    }
  }

  #open(): void {
    this.#state = 'open'
    const { wire: item } = this.item
    this.#context.send({ type: 'response.output_item.added', ...this.#inResponse(), item })
    if (this.#place.inConversation) {
      this.#context.conversation.insert(this.item)
      const previous_item_id = this.#previousId()
      this.#context.send({ type: 'conversation.item.added', previous_item_id, item })
    }
    if (this.#planned.kind === 'call') return
    const part = this.#planned.kind === 'audio' ? ({ type: 'audio', transcript: '' } as const) : emptyText
    this.#context.send({ type: 'response.content_part.added', ...this.#inItem(), part })
  }

  #addText(delta: string): void {
    this.#text += delta
    const spoken = this.#planned.kind === 'audio'
    const type = spoken ? 'response.output_audio_transcript.delta' : 'response.output_text.delta'
    this.#context.send({ type, ...this.#inItem(), delta })
  }

  #addArguments(delta: string): void {
    this.#text += delta
    const type = 'response.function_call_arguments.delta'
    this.#context.send({ type, ...this.#inResponse(), item_id: this.#id, call_id: this.#callId, delta })
  }

  #addAudio(bytes: Uint8Array): void {
    this.keepAudio(bytes)
    const delta = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64')
    this.#context.send({ type: 'response.output_audio.delta', ...this.#inItem(), delta })
  }

  #closeCall(name: string): void {
    this.#context.send({
      type: 'response.function_call_arguments.done',
      ...this.#inResponse(),
      item_id: this.#id,
      call_id: this.#callId,
      name,
      arguments: this.#text,
    })
  }

  #closePart(kind: 'audio' | 'text'): void {
    const text = this.#text
    if (kind === 'text') {
      this.#context.send({ type: 'response.output_text.done', ...this.#inItem(), text })
      this.#context.send({
        type: 'response.content_part.done',
        ...this.#inItem(),
        part: { type: 'text', text },
      })
      return
    }
    const part = { type: 'audio' as const, transcript: text }
    this.#context.send({ type: 'response.output_audio.done', ...this.#inItem() })
    this.#context.send({ type: 'response.output_audio_transcript.done', ...this.#inItem(), transcript: text })
    this.#context.send({ type: 'response.content_part.done', ...this.#inItem(), part })
  }

  /** Often null for assistant items: a client must not build the order from it. */
  #previousId(): string | null {
    return this.#context.random.chance(0.5) ? null : this.#context.conversation.previousId(this.#id)
  }

  #inResponse(): { response_id: string; output_index: number } {
    return { response_id: this.#place.responseId, output_index: this.#place.index }
  }

  #inItem(): { response_id: string; output_index: number; item_id: string; content_index: number } {
    const { response_id, output_index } = this.#inResponse()
    return { response_id, item_id: this.#id, output_index, content_index: 0 }
  }

  #wire(status: Status): WireItem {
    const base = { id: this.#id, object: 'realtime.item' as const, status }
    if (this.#planned.kind === 'call') {
      const { name } = this.#planned
      return { ...base, type: 'function_call', name, call_id: this.#callId, arguments: this.#text }
    }
    const phase = this.#phase ? { phase: this.#phase } : {}
    return { ...base, type: 'message', role: 'assistant', ...phase, content: this.#content(status) }
  }

  #content(
    status: Status,
  ): ({ type: 'output_text'; text: string } | { type: 'output_audio'; transcript?: string })[] {
    if (status === 'in_progress') return []
    if (this.#planned.kind === 'text') return [{ type: 'output_text', text: this.#text }]
    // A cut item has lost its transcript: the server no longer knows which words were heard.
    return [
      this.item.audio?.truncated
        ? { type: 'output_audio' }
        : { type: 'output_audio', transcript: this.#text },
    ]
  }
}

const emptyText = { type: 'text', text: '' } as const
