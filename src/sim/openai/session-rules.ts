import type { KnownModel } from './models.ts'
import { refusal } from './refusal.ts'
import type { Refusal } from './refusal.ts'
import type { SessionConfig } from './session-config.ts'
import type { FunctionTool, SessionUpdate, TranscriptionSettings } from './session-schema.ts'

/** Where a session stands when an update comes. */
export type UpdateSituation = {
  readonly model: KnownModel
  readonly current: SessionConfig
  /** The session as it would be. */
  readonly next: SessionConfig
  readonly audioProduced: boolean
  readonly responding: boolean
}

/**
 * The rules of `session.update` that no single field shows: what is locked, what a model cannot do, what does not
 * fit together. The first that is broken refuses the whole update.
 */
export function refuseUpdate(update: SessionUpdate, situation: UpdateSituation): Refusal | undefined {
  const { current, next, model } = situation
  if (update.type !== current.type) {
    const message = `Passing a ${update.type} session update to a ${current.type} session is not allowed.`
    return refusal('invalid_value', message, 'session.type')
  }
  const input = refuseTranscription(next.audio.input.transcription, next)
  if (update.type === 'transcription' || input) return input
  if (update.model !== undefined && update.model !== model.id) {
    return refusal('invalid_value', 'The model of a session cannot be changed.', 'session.model')
  }
  if (
    situation.audioProduced &&
    JSON.stringify(next.audio.output.voice) !== JSON.stringify(current.audio.output.voice)
  ) {
    return voiceLocked('session.audio.output.voice')
  }
  if (situation.responding && next.audio.output.speed !== current.audio.output.speed) {
    return refusal(
      'invalid_value',
      'The speed can only be changed between turns.',
      'session.audio.output.speed',
    )
  }
  if (current.tracing !== null && JSON.stringify(next.tracing) !== JSON.stringify(current.tracing)) {
    return refusal('invalid_value', 'Tracing cannot be changed once it is set.', 'session.tracing')
  }
  return refuseReasoning(update, model, 'session') ?? refuseTools(next.tools, next.tool_choice, 'session')
}

/** A voice that came after the first audio. */
export function voiceLocked(param: string): Refusal {
  return refusal(
    'cannot_update_voice',
    "Cannot update a conversation's voice if assistant audio is present.",
    param,
  )
}

/** `reasoning` and `parallel_tool_calls` are known to reasoning models only. */
export function refuseReasoning(
  options: { reasoning?: unknown; parallel_tool_calls?: unknown },
  model: KnownModel,
  prefix: 'session' | 'response',
): Refusal | undefined {
  if (model.realtime?.reasoning) return undefined
  const field = (['reasoning', 'parallel_tool_calls'] as const).find((key) => options[key] !== undefined)
  if (!field) return undefined
  return refusal('invalid_value', `'${field}' is not supported by ${model.id}.`, `${prefix}.${field}`)
}

/** Tool names are unique, and a tool that must be called exists. */
export function refuseTools(
  tools: readonly FunctionTool[],
  choice: SessionConfig['tool_choice'],
  prefix: 'session' | 'response',
): Refusal | undefined {
  const names = tools.map((tool) => tool.name)
  const repeated = names.findIndex((name, index) => names.indexOf(name) !== index)
  if (repeated >= 0) {
    const message = `Duplicate tool name: '${names[repeated] ?? ''}'.`
    return refusal('invalid_value', message, `${prefix}.tools[${repeated}].name`)
  }
  if (typeof choice === 'object' && !names.includes(choice.name)) {
    const message = `Tool choice '${choice.name}' not found in the tools.`
    return refusal('invalid_value', message, `${prefix}.tool_choice.name`)
  }
  return undefined
}

function refuseTranscription(
  settings: TranscriptionSettings | null,
  next: SessionConfig,
): Refusal | undefined {
  if (!settings) return undefined
  const at = 'session.audio.input.transcription'
  const model = settings.model
  if (model === undefined) {
    return refusal('missing_required_parameter', `Missing required parameter: '${at}.model'.`, `${at}.model`)
  }
  if (model === 'gpt-live-transcribe' && next.type === 'realtime') {
    return refusal('invalid_value', 'gpt-live-transcribe is for transcription sessions.', `${at}.model`)
  }
  if (
    model === 'gpt-realtime-whisper' &&
    next.type === 'transcription' &&
    next.audio.input.turn_detection !== null
  ) {
    const message = 'gpt-realtime-whisper needs turn_detection null in a transcription session.'
    return refusal('invalid_value', message, 'session.audio.input.turn_detection')
  }
  const listed = model === 'gpt-transcribe' || model === 'gpt-live-transcribe'
  const supported = {
    delay: model === 'gpt-realtime-whisper',
    languages: listed,
    keywords: listed,
    prompt: model !== 'gpt-realtime-whisper' && model !== 'gpt-4o-transcribe-diarize',
  }
  const field = (['delay', 'languages', 'keywords', 'prompt'] as const).find(
    (key) => settings[key] !== undefined && !supported[key],
  )
  if (!field) return undefined
  return refusal('invalid_value', `'${field}' is not supported by ${model}.`, `${at}.${field}`)
}
