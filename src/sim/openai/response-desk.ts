import { bytesPerMs } from './audio-format.ts'
import type { ResponseOverrides } from './client-event-schema.ts'
import { storedItem } from './client-item.ts'
import type { StoredItem } from './conversation.ts'
import { Generation } from './generation.ts'
import type { ResponseSettings } from './generation.ts'
import { hasMessage, planReply, spokenText } from './generation-plan.ts'
import type { Plan } from './generation-plan.ts'
import type { ModelReply } from './model-script.ts'
import type { OutputItem } from './output-item.ts'
import { refusal } from './refusal.ts'
import type { Refusal } from './refusal.ts'
import { exactText } from './script-cursor.ts'
import type { Cause, SessionContext } from './session-context.ts'
import { refuseReasoning, refuseTools, voiceLocked } from './session-rules.ts'
import { inputTokens } from './usage.ts'
import type { Tokens } from './usage.ts'

/** What the rest of the session wants to know about responses. */
export type ResponseEvents = {
  readonly onFirstAudio: () => void
  /** The n-th of the script's replies has been created, or has sent so much audio. */
  readonly onProgress: (reply: number, audioMs: number) => void
  readonly onDone: (generation: Generation) => void
}

/** Responses beside the conversation that may run at once. */
const MAX_SIDE_RESPONSES = 16

/** Creates and cancels responses: one at a time in the conversation, some beside it. */
export class ResponseDesk {
  readonly #context: SessionContext
  readonly #events: ResponseEvents
  readonly #beside = new Map<string, Generation>()
  #active: Generation | undefined
  #seen: Tokens = { text: 0, audio: 0 }
  #audioProduced = false
  #tokensLeft = 250_000

  constructor(context: SessionContext, events: ResponseEvents) {
    this.#context = context
    this.#events = events
  }

  /** True from the request for a response in the conversation to its end. */
  get busy(): boolean {
    return this.#active !== undefined
  }

  /** True while that response may still put something out. */
  get producing(): boolean {
    return this.#active !== undefined && !this.#active.stalled
  }

  /** The spoken output of the response in the conversation, while it is being sent. */
  get openAudio(): OutputItem | undefined {
    return this.#active?.openAudio
  }

  /** True once any audio has been generated: from then on the voice is locked. */
  get audioProduced(): boolean {
    return this.#audioProduced
  }

  /** Starts a response, or says why not. */
  create(overrides: ResponseOverrides, cause: Cause): void {
    const refused = this.#refuse(overrides)
    if (refused) {
      this.#context.refuse(refused, cause)
      return
    }
    const settings = this.#settings(overrides)
    const before = this.#context.cursor.replyNumber
    const reply = this.#reply(overrides, settings)
    if (!reply) {
      this.#context.struck('noReply')
      return
    }
    const { replyNumber } = this.#context.cursor
    const number = replyNumber === before ? undefined : replyNumber
    const generation = this.#generation(overrides, { settings, reply, number })
    if (settings.inConversation) this.#active = generation
    else this.#beside.set(generation.id, generation)
    generation.request()
  }

  /** Answers `response.cancel`. What is requested but not created yet cannot be cancelled: it still comes. */
  cancel(responseId: string | undefined, cause: Cause): void {
    const found =
      responseId === undefined || this.#active?.id === responseId
        ? this.#active
        : this.#beside.get(responseId)
    if (!found?.running) {
      const message = 'Cancellation failed: no active response found'
      this.#context.refuse(refusal('response_cancel_not_active', message), cause)
      return
    }
    found.interrupt({ kind: 'cancelled', reason: 'client_cancelled' })
  }

  /** The caller spoke over the response. */
  interrupt(): void {
    this.#active?.interrupt({ kind: 'cancelled', reason: 'turn_detected' })
  }

  #refuse(overrides: ResponseOverrides): Refusal | undefined {
    const { model, conversation } = this.#context
    const config = this.#context.config()
    if (config.type === 'transcription') {
      return refusal('invalid_value', 'A transcription session has no responses.', null)
    }
    if (overrides.conversation !== 'none' && this.#active) {
      const message = `Conversation already has an active response in progress: ${this.#active.id}. Wait until the response is finished before creating a new one.`
      return refusal('conversation_already_has_active_response', message)
    }
    if (this.#beside.size >= MAX_SIDE_RESPONSES) {
      return refusal('rate_limit_exceeded', 'Too many responses outside the conversation.')
    }
    const missing = (overrides.input ?? []).findIndex(
      (item) => item.type === 'item_reference' && !conversation.find(item.id),
    )
    if (missing >= 0) {
      return refusal('invalid_value', 'The referenced item does not exist.', `response.input[${missing}].id`)
    }
    const voice = overrides.audio?.output?.voice
    if (
      voice !== undefined &&
      this.#audioProduced &&
      JSON.stringify(voice) !== JSON.stringify(config.audio.output.voice)
    ) {
      return voiceLocked('response.audio.output.voice')
    }
    const tools = overrides.tools ?? config.tools
    const choice = overrides.tool_choice ?? (overrides.tools ? 'auto' : config.tool_choice)
    return refuseReasoning(overrides, model, 'response') ?? refuseTools(tools, choice, 'response')
  }

  #settings(overrides: ResponseOverrides): ResponseSettings {
    const config = this.#context.config()
    return {
      modality: (overrides.output_modalities ?? config.output_modalities)[0],
      output: {
        format: overrides.audio?.output?.format ?? config.audio.output.format,
        voice: overrides.audio?.output?.voice ?? config.audio.output.voice,
      },
      maxOutputTokens: overrides.max_output_tokens ?? config.max_output_tokens,
      metadata: overrides.metadata,
      inConversation: overrides.conversation !== 'none',
    }
  }

  #reply(overrides: ResponseOverrides, settings: ResponseSettings): ModelReply | undefined {
    const exact = exactText(overrides.instructions)
    if (exact !== undefined) return this.#context.cursor.nextExactReply(exact)
    return settings.inConversation ? this.#context.cursor.nextReply() : this.#context.cursor.nextSideReply()
  }

  #generation(
    overrides: ResponseOverrides,
    /** `number` counts the script's own replies; word-for-word and side replies have none. */
    planned: { settings: ResponseSettings; reply: ModelReply; number: number | undefined },
  ): Generation {
    const { settings, reply, number } = planned
    const config = this.#context.config()
    const input = inputTokens({
      instructions: overrides.instructions ?? config.instructions,
      tools: overrides.tools ?? config.tools,
      items: overrides.input ? this.#ownInput(overrides.input) : this.#context.conversation.items,
    })
    const cached = settings.inConversation ? this.#seen : { text: 0, audio: 0 }
    if (settings.inConversation) this.#seen = input
    return new Generation({
      context: this.#context,
      id: this.#context.newId('resp'),
      settings,
      plan: this.#plan(reply, settings),
      thinkMs: reply.thinkMs ?? this.#context.pace.thinkMs,
      input,
      cached,
      onFirstAudio: () => {
        this.#audioProduced = true
        if (settings.inConversation) this.#events.onFirstAudio()
      },
      onProgress: ({ audioMs }) => {
        if (number !== undefined) this.#events.onProgress(number, audioMs)
      },
      onDone: (generation) => this.#done(generation, input),
    })
  }

  #plan(reply: ModelReply, settings: ResponseSettings): Plan {
    const { format } = settings.output
    const spoken = settings.modality === 'audio' && hasMessage(reply) && !reply.never
    const text = spokenText(reply)
    const bytes = spoken
      ? this.#context.voice.say({ text, clip: reply.clip, audioMs: reply.audioMs, format })
      : new Uint8Array()
    return planReply({
      reply,
      speech: settings.modality === 'audio' ? { bytes, bytesPerMs: bytesPerMs(format) } : undefined,
      paceFactor: this.#context.pace.factor,
      maxOutputTokens: settings.maxOutputTokens,
      overlap: this.#context.model.realtime?.reasoning ?? false,
      random: this.#context.random,
    })
  }

  #ownInput(input: NonNullable<ResponseOverrides['input']>): StoredItem[] {
    return input.flatMap((item) => {
      if (item.type !== 'item_reference') return [storedItem(item, this.#context)]
      const found = this.#context.conversation.find(item.id)
      return found ? [found] : []
    })
  }

  #done(generation: Generation, input: Tokens): void {
    if (generation.inConversation) this.#active = undefined
    else this.#beside.delete(generation.id)
    this.#tokensLeft = Math.max(0, this.#tokensLeft - input.text - input.audio)
    // Sometimes missing on the real server too; older documents place it right after response.created.
    if (this.#context.extra('rateLimits')) {
      const tokens = {
        name: 'tokens' as const,
        limit: 250_000,
        remaining: this.#tokensLeft,
        reset_seconds: 0.5,
      }
      this.#context.send({ type: 'rate_limits.updated', rate_limits: [tokens] })
    }
    this.#events.onDone(generation)
  }
}
