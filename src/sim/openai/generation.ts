import type { Timer } from '../../lib/clock.ts'
import type { ResponseOverrides } from './client-event-schema.ts'
import { audioMs } from './conversation.ts'
import type { StoredItem } from './conversation.ts'
import { audioTokens, textTokens } from './generation-plan.ts'
import type { Ending, Plan, Step } from './generation-plan.ts'
import type { StruckFault } from './model-fault.ts'
import { OutputItem } from './output-item.ts'
import type { WireResponse } from './server-events.ts'
import type { SessionContext } from './session-context.ts'
import type { SessionConfig } from './session-config.ts'
import { usageOf } from './usage.ts'
import type { Tokens } from './usage.ts'

/** The settings of one response: the session's, with the overrides of its request over them. */
export type ResponseSettings = {
  readonly modality: 'audio' | 'text'
  readonly output: Pick<SessionConfig['audio']['output'], 'format' | 'voice'>
  readonly maxOutputTokens: number | 'inf'
  readonly metadata: ResponseOverrides['metadata']
  readonly inConversation: boolean
}

/** What one response needs. */
export type GenerationOptions = {
  readonly context: SessionContext
  readonly id: string
  readonly settings: ResponseSettings
  readonly plan: Plan
  readonly thinkMs: number
  /** What it reads, and how much of that was read before. */
  readonly input: Tokens
  readonly cached: Tokens
  readonly onFirstAudio: () => void
  /** Created, or further on by a piece of audio. */
  readonly onProgress: (generation: Generation) => void
  readonly onDone: (generation: Generation) => void
}

/** One response from response.created to response.done: plays its plan on the clock until something ends it. */
export class Generation {
  readonly id: string
  readonly inConversation: boolean
  readonly #options: GenerationOptions
  readonly #context: SessionContext
  readonly #outputs: readonly OutputItem[]
  #timer: Timer | undefined
  #nextStep = 0
  #startMs = 0
  #elapsedMs = 0
  #state: 'requested' | 'running' | 'done' = 'requested'
  #interrupted: Ending | undefined
  #audioStarted = false
  #stalled = false

  constructor(options: GenerationOptions) {
    this.id = options.id
    this.inConversation = options.settings.inConversation
    this.#options = options
    this.#context = options.context
    const phase = options.plan.outputs.some((planned) => planned.kind === 'call')
      ? 'commentary'
      : 'final_answer'
    this.#outputs = options.plan.outputs.map((planned, index) => {
      const place = { responseId: options.id, index, inConversation: this.inConversation, phase } as const
      return new OutputItem({
        context: options.context,
        planned,
        place,
        format: options.settings.output.format,
      })
    })
  }

  /** True from response.created to response.done. */
  get running(): boolean {
    return this.#state === 'running'
  }

  /** True once nothing more will come, though the response has not ended. */
  get stalled(): boolean {
    return this.#stalled
  }

  /** Playing time of the audio generated so far. */
  get audioMs(): number {
    return this.#outputs.reduce((sum, output) => sum + audioMs(output.item.audio), 0)
  }

  /** The spoken output that is being sent, if there is one. */
  get openAudio(): OutputItem | undefined {
    return this.#outputs.find((output) => output.open && output.item.audio !== undefined)
  }

  /** Takes the request: the response is created a moment later. */
  request(): void {
    this.#timer = this.#context.after(this.#context.pace.createdLagMs, () => this.#create())
  }

  /** Ends the response early. One that is not created yet is created first and ends at once. */
  interrupt(ending: Ending): void {
    if (this.#state === 'running') return this.#finish(ending)
    // Not a moment later: after audio that came all at once the next turn may want its response before that.
    this.#timer?.cancel()
    this.#interrupted = ending
    this.#create()
  }

  #create(): void {
    this.#state = 'running'
    this.#context.send({
      type: 'response.created',
      response: this.#wire({ status: 'in_progress', details: null }),
    })
    this.#options.onProgress(this)
    if (this.#interrupted) {
      this.#finish(this.#interrupted)
      return
    }
    this.#wait(this.#options.thinkMs, () => {
      this.#startMs = this.#context.nowMs()
      this.#play()
    })
  }

  #play(): void {
    const { steps, ending } = this.#options.plan
    for (let step = steps[this.#nextStep]; step; step = steps[this.#nextStep]) {
      if (step.atMs > this.#elapsedMs) {
        const untilMs = step.atMs
        // Counted from the start, so that late timers do not add up.
        this.#wait(this.#startMs + untilMs - this.#context.nowMs(), () => {
          this.#elapsedMs = untilMs
          this.#play()
        })
        return
      }
      this.#nextStep += 1
      this.#perform(step)
      if (this.#state === 'done') return
    }
    this.#finish(ending)
  }

  #perform(step: Step): void {
    this.#outputs[step.output]?.perform(step)
    if (step.kind !== 'audio') return
    if (!this.#audioStarted) this.#options.onFirstAudio()
    this.#audioStarted = true
    this.#options.onProgress(this)
  }

  #wait(delayMs: number, fire: () => void): void {
    this.#timer = this.#context.after(delayMs, fire)
  }

  #finish(ending: Ending): void {
    this.#timer?.cancel()
    const fault = faultOf(ending)
    if (fault) this.#context.struck(fault)
    this.#stalled = ending.kind === 'stalled'
    if (ending.kind === 'stalled') return
    if (ending.kind === 'dropped') {
      const { closeCode: code, closeReason: reason } = ending
      this.#context.hangUp(code === undefined ? { kind: 'cut' } : { kind: 'close', code, reason })
      return
    }
    for (const output of this.#outputs) if (output.open) output.close('incomplete')
    this.#state = 'done'
    const status = ending.kind
    const details = detailsOf(ending)
    this.#context.send({ type: 'response.done', response: this.#wire({ status, details }) })
    this.#context.record.addResponse({
      id: this.id,
      status,
      reason: details?.reason ?? details?.error?.code ?? null,
      audioMs: this.audioMs,
      inConversation: this.inConversation,
    })
    this.#options.onDone(this)
  }

  #wire(state: {
    status: NonNullable<WireResponse['status']>
    details: WireResponse['status_details']
  }): WireResponse {
    const { settings } = this.#options
    const { voice, format } = settings.output
    const ended = state.status !== 'in_progress'
    return {
      object: 'realtime.response',
      id: this.id,
      status: state.status,
      status_details: state.details,
      output: ended ? this.#items().map((item) => item.wire) : [],
      conversation_id: this.inConversation ? this.#context.conversationId : null,
      output_modalities: [settings.modality],
      max_output_tokens: settings.maxOutputTokens,
      audio: { output: { format: { ...format }, voice: typeof voice === 'string' ? voice : voice.id } },
      usage: ended ? this.#usage(state.status) : null,
      metadata: settings.metadata ?? null,
    }
  }

  #items(): readonly StoredItem[] {
    return this.#outputs.filter((output) => output.started).map((output) => output.item)
  }

  /** A response that failed or was cancelled before it put anything out carries no usage. */
  #usage(status: WireResponse['status']): WireResponse['usage'] {
    if (status !== 'completed' && this.#items().length === 0) return null
    const text = this.#outputs.reduce((sum, output) => sum + textTokens(output.text), 0)
    const output = { text: Math.ceil(text), audio: Math.ceil(audioTokens(this.#generatedMs())) }
    return usageOf({ input: this.#options.input, cached: this.#options.cached, output })
  }

  /** Billed as generated, whatever the client has cut off since. */
  #generatedMs(): number {
    return this.#outputs.reduce((sum, output) => sum + output.generatedMs, 0)
  }
}

/** What the log calls an end that only a script brings about. */
function faultOf(ending: Ending): StruckFault | undefined {
  switch (ending.kind) {
    case 'stalled':
      return 'neverEnds'
    case 'dropped':
      return 'dropInReply'
    case 'failed':
      return 'failedReply'
    case 'completed':
    case 'cancelled':
    case 'incomplete':
      return undefined
  }
}

function detailsOf(ending: Ending): WireResponse['status_details'] {
  switch (ending.kind) {
    case 'completed':
    case 'stalled':
    case 'dropped':
      return null
    case 'cancelled':
    case 'incomplete':
      return { type: ending.kind, reason: ending.reason }
    case 'failed':
      return { type: 'failed', error: ending.error }
  }
}
