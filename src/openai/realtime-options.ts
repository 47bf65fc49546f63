import type {
  AudioTranscription,
  NoiseReductionType,
  RealtimeAudioInputTurnDetection,
  RealtimeReasoningEffort,
  RealtimeTruncation,
} from 'openai/resources/realtime/realtime'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../ports/log.ts'
import type { LoopEntries } from '../ports/loop-entries.ts'
import type { Metrics } from '../ports/metrics.ts'
import { knownModel } from './models.ts'
import type { Dial } from './realtime-socket.ts'

const voiceNames = [
  'alloy',
  'ash',
  'ballad',
  'coral',
  'echo',
  'sage',
  'shimmer',
  'verse',
  'marin',
  'cedar',
] as const

/** The built-in voices of Realtime. The speech endpoint has others (fable, onyx, nova) that do not work here. */
export type RealtimeVoiceName = (typeof voiceNames)[number]

/** A built-in voice, or a custom one by its id. */
export type RealtimeVoice = RealtimeVoiceName | { readonly id: string }

/** Turn detection with every value set, because the defaults differ between models; null leaves turns to the caller. */
export type TurnDetection = Readonly<
  Required<RealtimeAudioInputTurnDetection.ServerVad> | Required<RealtimeAudioInputTurnDetection.SemanticVad>
> | null

/** How the caller's words are transcribed; which options a model takes is checked at construction. */
export type Transcription = {
  readonly model: string
  /** ISO 639-1; overrides the language that a call asks for. */
  readonly language?: string
  readonly prompt?: string
  readonly keywords?: readonly string[]
  readonly delay?: NonNullable<AudioTranscription['delay']>
}

/** Settings of a Realtime engine. Values left out take those of `realtimeDefaults`. */
export type RealtimeOptions = {
  readonly apiKey: string
  readonly organization?: string
  readonly project?: string
  /** `wss://…/v1/realtime` without a query; `ws://` only on loopback. */
  readonly url: string
  readonly model: string
  readonly voice: RealtimeVoice
  /** null keeps transcription off. */
  readonly transcription: Transcription | null
  readonly turnDetection: TurnDetection
  readonly noiseReduction: NoiseReductionType | null
  readonly speed?: number
  readonly maxOutputTokens?: number | 'inf'
  readonly truncation?: RealtimeTruncation
  /** Reasoning models only. */
  readonly reasoningEffort?: RealtimeReasoningEffort
  /** Reasoning models only. */
  readonly parallelToolCalls?: boolean
  /** From `open` to the agreement of the session. */
  readonly sessionReadyDeadlineMs?: number
  readonly handshakeTimeoutMs?: number
  /** A peer that gives no sign of life from one ping to the next is unresponsive. */
  readonly pingIntervalMs?: number
  /** More than this unread by the provider ends the session. */
  readonly maxBufferedBytes?: number
  /** How sessions are dialled; over the network when unset. */
  readonly dial?: Dial | undefined
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  /** Where audio deltas are decoded; must stay attached while the engine lives. Default: memory of its own. */
  readonly scratch?: Buffer
  /** Unset where nobody watches the loop. */
  readonly loop?: LoopEntries
}

/** Values of the options that may be left out. */
export const realtimeDefaults = {
  speed: 1,
  maxOutputTokens: 'inf',
  truncation: 'auto',
  sessionReadyDeadlineMs: 3_000,
  handshakeTimeoutMs: 2_500,
  pingIntervalMs: 5_000,
  // A minute of PCM16 in base64: the held audio of a slow start (20 s) must pass at once.
  maxBufferedBytes: 4 * 1024 * 1024,
} as const

/** Thrown at construction when options cannot work; names every one of them, and never a secret. */
export class RealtimeOptionsError extends Error {
  readonly code = 'realtime_options'
  constructor(problems: readonly string[]) {
    super(`Cannot build a Realtime engine: ${problems.join('; ')}`)
    this.name = 'RealtimeOptionsError'
  }
}

/**
 * The voice that a name stands for: built-in, or custom (`voice_…`).
 * @returns undefined when Realtime has no such voice
 */
export function realtimeVoice(name: string): RealtimeVoice | undefined {
  if (/^voice_[A-Za-z0-9_-]{1,100}$/.test(name)) return { id: name }
  return voiceNames.find((known) => known === name)
}

/** @throws RealtimeOptionsError that lists everything that cannot work */
export function checkRealtimeOptions(options: RealtimeOptions): void {
  const problems = [
    ...identityProblems(options),
    ...urlProblems(options.url),
    ...voiceProblems(options.voice),
    ...turnProblems(options.turnDetection),
    ...transcriptionProblems(options.transcription),
    ...outputProblems(options),
    ...modelProblems(options),
    ...limitProblems(options),
  ]
  if (problems.length > 0) throw new RealtimeOptionsError(problems)
}

function identityProblems(options: RealtimeOptions): string[] {
  // The values go into headers and are not repeated here: one of them is the key.
  const values = {
    apiKey: options.apiKey,
    organization: options.organization,
    project: options.project,
  }
  return Object.entries(values).flatMap(([name, value]) =>
    value === undefined || /^[\x21-\x7e]{1,512}$/.test(value)
      ? []
      : [`${name} must be 1 to 512 visible ASCII characters`],
  )
}

function urlProblems(text: string): string[] {
  const url = URL.parse(text)
  if (!url) return ['url is not a URL']
  const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(url.hostname)
  return [
    ...(url.protocol === 'wss:' || (url.protocol === 'ws:' && loopback)
      ? []
      : [`url must be wss (ws on loopback only), not ${url.protocol}`]),
    ...(url.search || url.hash ? ['url must carry no query and no fragment'] : []),
    ...(url.username || url.password ? ['url must carry no user information'] : []),
  ]
}

function voiceProblems(voice: RealtimeVoice): string[] {
  if (typeof voice === 'object') return voice.id ? [] : ['voice.id is empty']
  return voiceNames.includes(voice) ? [] : [`voice ${voice} is not a Realtime voice`]
}

function turnProblems(turn: TurnDetection): string[] {
  if (turn?.type !== 'server_vad') return []
  const idleMs = turn.idle_timeout_ms
  return [
    ...outside('turnDetection.threshold', turn.threshold, [0, 1]),
    ...notWhole('turnDetection.prefix_padding_ms', turn.prefix_padding_ms, [0, 10_000]),
    ...notWhole('turnDetection.silence_duration_ms', turn.silence_duration_ms, [1, 10_000]),
    ...(idleMs === null ? [] : notWhole('turnDetection.idle_timeout_ms', idleMs, [5_000, 30_000])),
  ]
}

function transcriptionProblems(transcription: Transcription | null): string[] {
  if (!transcription) return []
  const { model, language } = transcription
  const known = knownModel(model)
  if (known && known.use !== 'transcription') return [`transcription.model ${model} does not transcribe`]
  const accepted = known?.accepts
  const refused = (['delay', 'keywords', 'prompt'] as const).filter(
    (option) => transcription[option] !== undefined && accepted && !accepted.includes(option),
  )
  return [
    ...refused.map((option) => `transcription.${option} is not accepted by ${model}`),
    ...(language === undefined || /^[a-z]{2}$/.test(language)
      ? []
      : [`transcription.language ${language} is not ISO 639-1`]),
  ]
}

function outputProblems(options: RealtimeOptions): string[] {
  const { speed, maxOutputTokens, truncation } = { ...realtimeDefaults, ...options }
  return [
    ...outside('speed', speed, [0.25, 1.5]),
    ...(maxOutputTokens === 'inf' ? [] : notWhole('maxOutputTokens', maxOutputTokens, [1, 4_096])),
    ...(typeof truncation === 'object'
      ? outside('truncation.retention_ratio', truncation.retention_ratio, [0, 1])
      : []),
  ]
}

function modelProblems(options: RealtimeOptions): string[] {
  const known = knownModel(options.model)
  if (!known) return options.model ? [] : ['model is empty']
  if (known.use !== 'realtime') return [`model ${options.model} is not a Realtime model`]
  if (known.reasoning === true) return []
  return (['reasoningEffort', 'parallelToolCalls'] as const)
    .filter((option) => options[option] !== undefined)
    .map((option) => `${option} is not accepted by ${options.model}, which does not reason`)
}

function limitProblems(options: RealtimeOptions): string[] {
  const limits = { ...realtimeDefaults, ...options }
  const names = [
    'sessionReadyDeadlineMs',
    'handshakeTimeoutMs',
    'pingIntervalMs',
    'maxBufferedBytes',
  ] as const
  return names.flatMap((name) => notWhole(name, limits[name], [1, 2 ** 31 - 1]))
}

function outside(name: string, value: number, [least, most]: readonly [number, number]): string[] {
  return value >= least && value <= most ? [] : [`${name} is ${value}, must be ${least} to ${most}`]
}

function notWhole(name: string, value: number, range: readonly [number, number]): string[] {
  return Number.isInteger(value)
    ? outside(name, value, range)
    : [`${name} is ${value}, must be a whole number`]
}
