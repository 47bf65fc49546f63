import type { AudioFormat } from './audio-format.ts'
import type { KnownModel } from './models.ts'
import type {
  FunctionTool,
  InputUpdate,
  OutputUpdate,
  SessionUpdate,
  TranscriptionSettings,
  TurnDetection,
} from './session-schema.ts'

type RealtimeUpdate = Extract<SessionUpdate, { type: 'realtime' }>
type Setting<Key extends keyof RealtimeUpdate> = Exclude<RealtimeUpdate[Key], undefined>

/** Audio coming in, as the session has it. */
export type InputConfig = {
  readonly format: AudioFormat
  readonly noise_reduction: Exclude<InputUpdate['noise_reduction'], undefined>
  readonly transcription: TranscriptionSettings | null
  readonly turn_detection: TurnDetection | null
}

/** Audio going out, as the session has it. */
export type OutputConfig = {
  readonly format: AudioFormat
  readonly voice: Exclude<OutputUpdate['voice'], undefined>
  readonly speed: number
}

/** The whole session, with every default filled in: what `session.updated` echoes. */
export type SessionConfig = {
  readonly type: 'realtime' | 'transcription'
  readonly output_modalities: ['audio' | 'text']
  readonly instructions: string
  readonly audio: { readonly input: InputConfig; readonly output: OutputConfig }
  readonly tools: FunctionTool[]
  readonly tool_choice: Setting<'tool_choice'>
  readonly max_output_tokens: Setting<'max_output_tokens'>
  readonly truncation: Setting<'truncation'>
  readonly tracing: Setting<'tracing'>
  readonly include: Setting<'include'>
  readonly prompt: null
  readonly reasoning?: Setting<'reasoning'>
  readonly parallel_tool_calls?: boolean
}

/** What a session is told to be until somebody says otherwise: not what a caller should meet. */
export const DEFAULT_INSTRUCTIONS =
  'You are a witty and friendly assistant. Talk quickly, in the language of the user, and keep it short.'

const pcm: AudioFormat = { type: 'audio/pcm', rate: 24_000 }

/** The session as it is right after the connection opened. */
export function defaultConfig(
  type: SessionConfig['type'],
  model: KnownModel['realtime'] & object,
): SessionConfig {
  return {
    type,
    output_modalities: ['audio'],
    instructions: DEFAULT_INSTRUCTIONS,
    audio: {
      input: {
        format: pcm,
        noise_reduction: null,
        transcription: null,
        turn_detection: withVadDefaults({ type: 'server_vad' }, model.defaultSilenceMs),
      },
      output: { format: pcm, voice: knownVoice(model.defaultVoice), speed: 1 },
    },
    tools: [],
    tool_choice: 'auto',
    max_output_tokens: 'inf',
    truncation: 'auto',
    tracing: null,
    include: null,
    prompt: null,
    ...(model.reasoning ? { reasoning: { effort: 'low' as const }, parallel_tool_calls: true } : {}),
  }
}

/**
 * Puts an update over the session: only the fields that were sent change, level by level. Options of another kind
 * of turn detection or of another transcription model do not survive a change of kind.
 */
export function mergeConfig(
  current: SessionConfig,
  update: SessionUpdate,
  model: KnownModel['realtime'] & object,
): SessionConfig {
  const input = mergeInput(current.audio.input, update.audio?.input ?? {}, model.defaultSilenceMs)
  const audio = { input, output: current.audio.output }
  const include = given(update.include, current.include)
  if (update.type === 'transcription') return { ...current, audio, include }
  const instructions = update.instructions ?? current.instructions
  const reasoning = update.reasoning ?? current.reasoning
  const parallel = update.parallel_tool_calls ?? current.parallel_tool_calls
  return {
    ...current,
    audio: { input, output: mergeOutput(current.audio.output, update.audio?.output ?? {}) },
    include,
    output_modalities: update.output_modalities ?? current.output_modalities,
    // Recorded streams show the server's own text coming back for an empty one.
    instructions: instructions === '' ? DEFAULT_INSTRUCTIONS : instructions,
    tools: update.tools ?? current.tools,
    tool_choice: update.tool_choice ?? current.tool_choice,
    max_output_tokens: update.max_output_tokens ?? current.max_output_tokens,
    truncation: update.truncation ?? current.truncation,
    tracing: given(update.tracing, current.tracing),
    ...(reasoning ? { reasoning } : {}),
    ...(parallel === undefined ? {} : { parallel_tool_calls: parallel }),
  }
}

function mergeInput(current: InputConfig, update: InputUpdate, defaultSilenceMs: number): InputConfig {
  const turns = update.turn_detection
  const sameKind = turns && current.turn_detection?.type === turns.type
  return {
    format: update.format ?? current.format,
    noise_reduction: given(update.noise_reduction, current.noise_reduction),
    transcription: mergeTranscription(current.transcription, update.transcription),
    turn_detection: turns
      ? withVadDefaults(sameKind ? { ...current.turn_detection, ...turns } : turns, defaultSilenceMs)
      : given(turns, current.turn_detection),
  }
}

function mergeTranscription(
  current: TranscriptionSettings | null,
  update: TranscriptionSettings | null | undefined,
): TranscriptionSettings | null {
  if (!update) return given(update, current)
  const sameModel = update.model === undefined || update.model === current?.model
  return sameModel ? { ...current, ...update } : update
}

function mergeOutput(current: OutputConfig, update: OutputUpdate): OutputConfig {
  return {
    format: update.format ?? current.format,
    voice: update.voice ?? current.voice,
    speed: update.speed ?? current.speed,
  }
}

function withVadDefaults(turns: TurnDetection, silenceMs: number): TurnDetection {
  const answers = {
    create_response: turns.create_response ?? true,
    interrupt_response: turns.interrupt_response ?? true,
  }
  return turns.type === 'semantic_vad'
    ? { ...turns, ...answers, eagerness: turns.eagerness ?? 'auto' }
    : {
        ...turns,
        ...answers,
        threshold: turns.threshold ?? 0.5,
        prefix_padding_ms: turns.prefix_padding_ms ?? 300,
        silence_duration_ms: turns.silence_duration_ms ?? silenceMs,
        idle_timeout_ms: turns.idle_timeout_ms ?? null,
      }
}

function given<T>(update: T | undefined, current: T): T {
  return update === undefined ? current : update
}

function knownVoice(name: string): 'alloy' | 'marin' {
  return name === 'marin' ? 'marin' : 'alloy'
}
