import type {
  AudioTranscription,
  RealtimeAudioFormats,
  RealtimeSessionCreateRequest,
} from 'openai/resources/realtime/realtime'
import type { SpeechAudio, SpeechRequest } from '../ports/speech.ts'
import { knownModel } from './models.ts'
import { realtimeDefaults, realtimeVoice } from './realtime-options.ts'
import type { RealtimeOptions, Transcription } from './realtime-options.ts'

/**
 * The whole session of a call in the GA dialect, with every value set: defaults differ between models. The model
 * is fixed by the URL and not repeated. Noise reduction and transcription that are off are left out, because the
 * update is a deep merge over defaults that have both off.
 * Source: OpenAI Realtime guide, `session.update`
 */
export function sessionConfig(
  options: RealtimeOptions,
  request: SpeechRequest,
): RealtimeSessionCreateRequest {
  const settings = { ...realtimeDefaults, ...options }
  const { transcription, noiseReduction, turnDetection, reasoningEffort, parallelToolCalls } = settings
  return {
    type: 'realtime',
    output_modalities: ['audio'],
    instructions: request.instructions,
    audio: {
      input: {
        format: audioFormat(request.audio),
        turn_detection: turnDetection,
        ...(noiseReduction && { noise_reduction: { type: noiseReduction } }),
        ...(transcription && { transcription: transcriptionConfig(transcription, request.language) }),
      },
      output: {
        format: audioFormat(request.audio),
        voice: wantedVoice(options, request),
        speed: settings.speed,
      },
    },
    tools: request.tools.map(({ name, description, parameters }) => ({
      type: 'function',
      name,
      description,
      parameters,
    })),
    tool_choice: 'auto',
    max_output_tokens: settings.maxOutputTokens,
    truncation: settings.truncation,
    // Traces would copy what is said into a dashboard of the provider.
    tracing: null,
    ...(reasoningEffort && { reasoning: { effort: reasoningEffort } }),
    ...(parallelToolCalls !== undefined && { parallel_tool_calls: parallelToolCalls }),
    ...(reasons(options.model) && reasoningEffort === undefined && { reasoning: { effort: 'low' } }),
  }
}

/** Bytes that one millisecond of audio takes: 24 samples of 2 bytes, or 8 of µ-law. */
export function bytesPerMs(audio: SpeechAudio): number {
  return audio === 'pcm24k' ? 48 : 8
}

/** PCM always carries its rate, µ-law never: the other way round both are refused. */
function audioFormat(audio: SpeechAudio): RealtimeAudioFormats {
  return audio === 'pcm24k' ? { type: 'audio/pcm', rate: 24_000 } : { type: 'audio/pcmu' }
}

/** A voice that Realtime does not have would cost the caller the whole session: the configured one speaks then. */
function wantedVoice(options: RealtimeOptions, request: SpeechRequest): string | { id: string } {
  const asked = request.voice === undefined ? undefined : realtimeVoice(request.voice)
  const voice = asked ?? options.voice
  return typeof voice === 'string' ? voice : { id: voice.id }
}

function transcriptionConfig(transcription: Transcription, callLanguage: string): AudioTranscription {
  const language = transcription.language ?? (/^[a-z]{2}$/.test(callLanguage) ? callLanguage : undefined)
  return {
    model: transcription.model,
    ...(language && { language }),
    ...(transcription.prompt !== undefined && { prompt: transcription.prompt }),
    ...(transcription.keywords && { keywords: [...transcription.keywords] }),
    ...(transcription.delay && { delay: transcription.delay }),
  }
}

function reasons(model: string): boolean {
  return knownModel(model)?.reasoning === true
}
