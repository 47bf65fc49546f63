import type { EventSpan } from './agenda.ts'
import type { ToolDefinition } from './speech.ts'

/**
 * How a proposal ended, or that it `waits` for a yes. `output` is JSON text for the model. `next` asks the call to end
 * after a goodbye, `say` is for the caller, word for word.
 */
export type ToolOutcome = {
  readonly status:
    'done' | 'refused' | 'invalidArguments' | 'unknownTool' | 'failed' | 'unknown' | 'waits' | 'busy'
  readonly output: string
  readonly next?: 'endCall'
  readonly say?: string
}

/** Arguments of a tool, after its schema has seen them. */
export type ToolInput = Readonly<Record<string, unknown>>

/** High: reaches or changes something outside. */
export type ToolRisk = 'low' | 'high'

/** What a schema says of arguments. The reason names fields and never repeats a value. */
export type ReadInput =
  { readonly ok: true; readonly input: ToolInput } | { readonly ok: false; readonly reason: string }

/** Why nobody is asked about arguments: a code of ours, and a reason that a model can mend them by. */
export type Objection = { readonly code: string; readonly reason: string }

/** What a schema does not know: the time, and the event that arguments name where the calendar has it. */
export type AskedAt = { readonly nowMs: number; readonly event: EventSpan | undefined }

/** A tool that may be offered to a model: its definition was checked, and there is something that does it. */
export type OfferedTool = {
  readonly definition: ToolDefinition
  readonly risk: ToolRisk
  /** Whether it changes anything, here or outside: then an intent is written before it begins. */
  readonly isEffect: boolean
  /** How long it may take; undefined for the usual time. */
  readonly timeoutMs: number | undefined
  /** How often one session may have it done; undefined for any number. */
  readonly maxPerSession: number | undefined
  /** Reads arguments strictly: nothing is repaired, nothing left out. */
  read(value: unknown): ReadInput
  /** What speaks against arguments besides their schema, before anybody is asked; a handler looks once more. */
  readonly objectionTo?: ((input: ToolInput, at: AskedAt) => Objection | undefined) | undefined
  readonly handler: ToolHandler
}

/** What a handler knows of its run. */
export type HandlerContext = {
  /** Fires when its time is over or the call is: what was not sent yet is not sent then. */
  readonly signal: AbortSignal
  /** Names the effect to a provider, so that its callbacks find back. Only effects have one. */
  readonly intentId: string | undefined
  /** The call or thread. */
  readonly sessionId: string
  readonly actorId: string
  /** The version of the calendar's event that was asked about; undefined where nobody was asked. */
  readonly eventVersion?: number | undefined
}

/**
 * What became of a run. `failed`: certainly nothing happened. `unknown`: something was sent, and nobody knows what came
 * of it. Whatever a handler throws after it began an effect is `unknown`, too.
 */
export type HandlerResult =
  | {
      readonly kind: 'done'
      /** For the model. */
      readonly result: ToolInput
      /** What the provider calls the effect. */
      readonly providerId?: string
      readonly next?: 'endCall'
    }
  | { readonly kind: 'failed' | 'unknown'; readonly code: string; readonly providerId?: string }

/** Does what a tool is for. Only the gate calls it. */
export type ToolHandler = (input: ToolInput, context: HandlerContext) => Promise<HandlerResult>
