import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { createRealtimeEngine } from '../../src/openai/engine.ts'
import { realtimeVoice, RealtimeOptionsError } from '../../src/openai/realtime-options.ts'
import type { RealtimeOptions } from '../../src/openai/realtime-options.ts'
import { testOptions } from './support/recorder.ts'

const vad = testOptions().turnDetection
const wrong: readonly [Partial<RealtimeOptions>, string][] = [
  [{ apiKey: '' }, 'apiKey must be 1 to 512 visible ASCII characters'],
  [{ organization: 'org 1' }, 'organization must be 1 to 512 visible ASCII characters'],
  [{ project: 'p\n' }, 'project must be 1 to 512 visible ASCII characters'],
  [{ url: 'realtime' }, 'url is not a URL'],
  [{ url: 'https://api.openai.com/v1/realtime' }, 'url must be wss (ws on loopback only), not https:'],
  [{ url: 'ws://api.openai.com/v1/realtime' }, 'url must be wss (ws on loopback only), not ws:'],
  [{ url: 'wss://api.openai.com/v1/realtime?model=x' }, 'url must carry no query and no fragment'],
  [{ url: 'wss://u:p@api.openai.com/v1/realtime' }, 'url must carry no user information'],
  [{ voice: 'onyx' as 'marin' }, 'voice onyx is not a Realtime voice'],
  [{ voice: { id: '' } }, 'voice.id is empty'],
  [{ model: '' }, 'model is empty'],
  [{ model: 'gpt-6-luna' }, 'model gpt-6-luna is not a Realtime model'],
  [
    { model: 'gpt-realtime-1.5', reasoningEffort: 'low' },
    'reasoningEffort is not accepted by gpt-realtime-1.5, which does not reason',
  ],
  [
    { model: 'gpt-realtime', parallelToolCalls: true },
    'parallelToolCalls is not accepted by gpt-realtime, which does not reason',
  ],
  [
    { transcription: { model: 'gpt-realtime-whisper', prompt: 'x' } },
    'transcription.prompt is not accepted by gpt-realtime-whisper',
  ],
  [
    { transcription: { model: 'gpt-transcribe', delay: 'low' } },
    'transcription.delay is not accepted by gpt-transcribe',
  ],
  [
    { transcription: { model: 'whisper-1', keywords: ['x'] } },
    'transcription.keywords is not accepted by whisper-1',
  ],
  [
    { transcription: { model: 'gpt-4o-transcribe-diarize', prompt: 'x' } },
    'transcription.prompt is not accepted by gpt-4o-transcribe-diarize',
  ],
  [{ transcription: { model: 'gpt-6-luna' } }, 'transcription.model gpt-6-luna does not transcribe'],
  [
    { transcription: { model: 'gpt-transcribe', language: 'english' } },
    'transcription.language english is not ISO 639-1',
  ],
  [{ speed: 1.6 }, 'speed is 1.6, must be 0.25 to 1.5'],
  [{ maxOutputTokens: 4_097 }, 'maxOutputTokens is 4097, must be 1 to 4096'],
  [{ maxOutputTokens: 1.5 }, 'maxOutputTokens is 1.5, must be a whole number'],
  [
    { truncation: { type: 'retention_ratio', retention_ratio: 1.1 } },
    'truncation.retention_ratio is 1.1, must be 0 to 1',
  ],
  [{ handshakeTimeoutMs: 0 }, 'handshakeTimeoutMs is 0, must be 1 to 2147483647'],
  [{ maxBufferedBytes: Number.NaN }, 'maxBufferedBytes is NaN, must be a whole number'],
]
const wrongTurns: readonly [object, string][] = [
  [{ threshold: 2 }, 'turnDetection.threshold is 2, must be 0 to 1'],
  [{ prefix_padding_ms: -1 }, 'turnDetection.prefix_padding_ms is -1, must be 0 to 10000'],
  [{ silence_duration_ms: 0 }, 'turnDetection.silence_duration_ms is 0, must be 1 to 10000'],
  [{ idle_timeout_ms: 4_999 }, 'turnDetection.idle_timeout_ms is 4999, must be 5000 to 30000'],
]

function thrown(work: () => unknown): unknown {
  try {
    return work()
  } catch (error) {
    return error
  }
}

describe('createRealtimeEngine()', () => {
  const cases = [
    ...wrong,
    ...wrongTurns.map(
      ([change, message]) =>
        [{ turnDetection: { ...vad, ...change } as RealtimeOptions['turnDetection'] }, message] as const,
    ),
  ]
  for (const [over, message] of cases) {
    it(`refuses because ${message}`, () => {
      expect(() => createRealtimeEngine(testOptions(over))).toThrow(new RealtimeOptionsError([message]))
    })
  }

  it('names every problem at once and shows no key', () => {
    const error = thrown(() =>
      createRealtimeEngine(testOptions({ apiKey: 'sk-PLANTED key', speed: 9, voice: { id: '' } })),
    )
    expect(error).toMatchObject({ code: 'realtime_options' })
    expect(String(error)).toBe(
      'RealtimeOptionsError: Cannot build a Realtime engine: apiKey must be 1 to 512 visible ASCII characters; voice.id is empty; speed is 9, must be 0.25 to 1.5',
    )
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('PLANTED')
  })

  it('accepts a model and a transcription model that it does not know, with any options', () => {
    const engine = createRealtimeEngine(
      testOptions({
        model: 'gpt-realtime-9',
        reasoningEffort: 'xhigh',
        transcription: { model: 'gpt-hear-9', prompt: 'x', delay: 'low', keywords: ['y'] },
      }),
    )
    expect(engine.name).toBe('openai-realtime')
  })

  it('accepts a secure address anywhere', () => {
    expect(() => createRealtimeEngine(testOptions({ url: 'wss://api.openai.com/v1/realtime' }))).not.toThrow()
  })
})

describe('realtimeVoice()', () => {
  it('knows built-in and custom voices, and none of the speech endpoint', () => {
    expect(realtimeVoice('cedar')).toBe('cedar')
    expect(realtimeVoice('voice_1234')).toEqual({ id: 'voice_1234' })
    for (const name of ['fable', 'onyx', 'nova', '', 'Marin']) expect(realtimeVoice(name)).toBeUndefined()
  })
})
