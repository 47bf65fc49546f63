import { describe, expect, it } from 'vitest'
import { bytesPerMs, sessionConfig } from '../../src/openai/session-config.ts'
import type { RealtimeOptions } from '../../src/openai/realtime-options.ts'
import { testOptions, testRequest } from './support/recorder.ts'

const config = (over: Partial<RealtimeOptions> = {}, request = {}) =>
  sessionConfig(testOptions(over), testRequest(request))

describe('sessionConfig()', () => {
  it('sets every value, in the GA dialect', () => {
    expect(config()).toEqual({
      type: 'realtime',
      output_modalities: ['audio'],
      instructions: 'You answer the phone for the bakery.',
      audio: {
        input: {
          format: { type: 'audio/pcm', rate: 24_000 },
          noise_reduction: { type: 'near_field' },
          transcription: { model: 'gpt-realtime-whisper', language: 'en' },
          turn_detection: {
            type: 'server_vad',
            threshold: 0.5,
            prefix_padding_ms: 300,
            silence_duration_ms: 500,
            idle_timeout_ms: null,
            create_response: true,
            interrupt_response: true,
          },
        },
        output: { format: { type: 'audio/pcm', rate: 24_000 }, voice: 'marin', speed: 1 },
      },
      tools: [
        {
          type: 'function',
          name: 'get_hours',
          description: 'Opening hours of one day',
          parameters: { type: 'object' },
        },
        {
          type: 'function',
          name: 'end_call',
          description: 'Ends the call',
          parameters: { type: 'object' },
        },
      ],
      tool_choice: 'auto',
      max_output_tokens: 'inf',
      truncation: 'auto',
      tracing: null,
      reasoning: { effort: 'low' },
    })
  })

  it('gives a rate with PCM and none with µ-law', () => {
    const { audio } = config({}, { audio: 'pcmu' })
    expect(audio?.input?.format).toEqual({ type: 'audio/pcmu' })
    expect(audio?.output?.format).toEqual({ type: 'audio/pcmu' })
    expect([bytesPerMs('pcm24k'), bytesPerMs('pcmu')]).toEqual([48, 8])
  })

  it('passes on every voice, built-in and custom, and the call may choose its own', () => {
    const voices = ['alloy', 'ash', 'ballad', 'coral', 'echo', 'sage', 'shimmer', 'verse', 'marin', 'cedar']
    for (const voice of voices) {
      expect(config({}, { voice }).audio?.output?.voice).toBe(voice)
      expect(config({ voice: voice as 'marin' }).audio?.output?.voice).toBe(voice)
    }
    expect(config({ voice: { id: 'voice_1' } }).audio?.output?.voice).toEqual({ id: 'voice_1' })
    expect(config({}, { voice: 'voice_1' }).audio?.output?.voice).toEqual({ id: 'voice_1' })
    expect(config({ voice: 'cedar' }, { voice: 'fable' }).audio?.output?.voice).toBe('cedar')
  })

  it('passes on every kind of turn detection', () => {
    const semantic = {
      type: 'semantic_vad',
      eagerness: 'high',
      create_response: false,
      interrupt_response: false,
    } as const
    expect(config({ turnDetection: semantic }).audio?.input?.turn_detection).toEqual(semantic)
    expect(config({ turnDetection: null }).audio?.input).toHaveProperty('turn_detection', null)
  })

  it('leaves out noise reduction and transcription that are off', () => {
    const input = config({ noiseReduction: null, transcription: null }).audio?.input
    expect(input).not.toHaveProperty('noise_reduction')
    expect(input).not.toHaveProperty('transcription')
    expect(config({ noiseReduction: 'far_field' }).audio?.input?.noise_reduction).toEqual({
      type: 'far_field',
    })
  })

  it('gives each transcription model the options that it takes', () => {
    const cases = [
      { model: 'gpt-realtime-whisper', delay: 'low' },
      { model: 'gpt-transcribe', keywords: ['Panettone'], prompt: 'A bakery' },
      { model: 'gpt-live-transcribe', keywords: ['Panettone'] },
      { model: 'gpt-4o-transcribe', prompt: 'A bakery' },
      { model: 'gpt-4o-mini-transcribe', prompt: 'A bakery' },
      { model: 'gpt-4o-transcribe-diarize' },
      { model: 'whisper-1', prompt: 'Panettone' },
    ] as const
    for (const transcription of cases) {
      expect(config({ transcription }).audio?.input?.transcription).toEqual({
        ...transcription,
        language: 'en',
      })
    }
  })

  it("takes the call's language unless one is configured, and no language that is not ISO 639-1", () => {
    const languageOf = (language: string, configured = {}) =>
      config({ transcription: { model: 'whisper-1', ...configured } }, { language }).audio?.input
        ?.transcription?.language
    expect(languageOf('es')).toBe('es')
    expect(languageOf('es', { language: 'de' })).toBe('de')
    expect(languageOf('es-ES')).toBeUndefined()
  })

  it('says nothing of reasoning to a model that does not reason', () => {
    const old = config({ model: 'gpt-realtime-1.5' })
    expect(old).not.toHaveProperty('reasoning')
    expect(old).not.toHaveProperty('parallel_tool_calls')
    expect(config({ reasoningEffort: 'high', parallelToolCalls: false })).toMatchObject({
      reasoning: { effort: 'high' },
      parallel_tool_calls: false,
    })
  })

  it('carries no field of the beta dialect, no model and no prompt', () => {
    const fields = Object.keys(config())
    for (const gone of ['model', 'prompt', 'voice', 'modalities', 'temperature', 'input_audio_format']) {
      expect(fields).not.toContain(gone)
    }
  })
})
