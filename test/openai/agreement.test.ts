import { describe, expect, it } from 'vitest'
import { compareSession } from '../../src/openai/agreement.ts'
import { sessionConfig } from '../../src/openai/session-config.ts'
import { testOptions, testRequest } from './support/recorder.ts'

type Json = Record<string, unknown>

const asked = sessionConfig(testOptions(), testRequest())

/** The echo with one field set, or removed when the value is undefined. */
function echoed(path: string, value: unknown): unknown {
  const session = structuredClone(asked) as unknown as Json
  const names = path.split('.')
  const last = names.pop() ?? ''
  let parent = session
  for (const name of names) parent = parent[name] as Json
  if (value === undefined) delete parent[last]
  else parent[last] = value
  return session
}

describe('compareSession()', () => {
  it('agrees with an exact echo and does not mind more fields', () => {
    const agreed = { disagreements: [], differences: [] }
    expect(compareSession(asked, structuredClone(asked))).toEqual(agreed)
    const more = { ...asked, id: 'sess_1', model: 'gpt-realtime-2.1', include: null, prompt: null }
    expect(compareSession(asked, more)).toEqual(agreed)
    expect(compareSession(asked, echoed('audio.input.turn_detection.new_option', 7))).toEqual(agreed)
    expect(compareSession(asked, echoed('audio.input.turn_detection.idle_timeout_ms', undefined))).toEqual(
      agreed,
    )
    expect(compareSession(asked, echoed('audio.input.turn_detection.threshold', Math.fround(0.5)))).toEqual(
      agreed,
    )
  })

  const disagreements: readonly [string, unknown, string?][] = [
    ['audio.input.format.type', 'audio/pcmu'],
    ['audio.input.format.rate', 16_000],
    ['audio.input.format', undefined],
    ['audio.output.format.type', 'audio/pcmu'],
    ['audio.output.format.rate', undefined],
    ['audio.output.voice', 'alloy'],
    ['audio.output.voice', { id: 'marin2' }],
    ['audio.input.turn_detection', null],
    ['audio.input.turn_detection.type', 'semantic_vad'],
    ['audio.input.turn_detection.threshold', 0.6],
    ['audio.input.turn_detection.prefix_padding_ms', 0],
    ['audio.input.turn_detection.silence_duration_ms', 200],
    ['audio.input.turn_detection.create_response', false],
    ['audio.input.turn_detection.interrupt_response', undefined],
    ['audio.input.turn_detection.idle_timeout_ms', 5_000],
    ['tools', [{ name: 'get_hours' }]],
    ['tools', [{ name: 'get_hours' }, { name: 'end_calls' }]],
    ['tools', undefined],
    ['instructions', 'You answer the phone for the bakery'],
    ['instructions', undefined],
  ]
  for (const [path, value] of disagreements) {
    it(`disagrees when ${path} comes back as ${JSON.stringify(value)}`, () => {
      const found = compareSession(asked, echoed(path, value))
      expect(found.disagreements).toEqual([path])
      expect(found.differences).toEqual([])
    })
  }

  const differences: readonly [string, unknown][] = [
    ['audio.input.noise_reduction', null],
    ['audio.input.transcription', null],
    ['audio.input.transcription.model', 'whisper-1'],
    ['audio.output.speed', 1.1],
    ['tool_choice', 'none'],
    ['max_output_tokens', 4_096],
    ['truncation', 'disabled'],
    ['tracing', 'auto'],
    ['reasoning.effort', 'high'],
  ]
  for (const [path, value] of differences) {
    it(`only notes that ${path} comes back as ${JSON.stringify(value)}`, () => {
      expect(compareSession(asked, echoed(path, value))).toEqual({ disagreements: [], differences: [path] })
    })
  }

  it('disagrees when turn detection that is off comes back on', () => {
    const off = sessionConfig(testOptions({ turnDetection: null }), testRequest())
    expect(compareSession(off, asked).disagreements).toEqual(['audio.input.turn_detection'])
    expect(compareSession(off, structuredClone(off)).disagreements).toEqual([])
  })

  it('notes noise reduction and transcription that are off and come back on', () => {
    const off = sessionConfig(testOptions({ noiseReduction: null, transcription: null }), testRequest())
    expect(compareSession(off, asked).differences).toEqual([
      'audio.input.noise_reduction',
      'audio.input.transcription',
    ])
  })

  it('takes auto and medium eagerness for one, and a custom voice by its id', () => {
    const semantic = {
      type: 'semantic_vad',
      eagerness: 'auto',
      create_response: true,
      interrupt_response: true,
    } as const
    const options = testOptions({ turnDetection: semantic, voice: { id: 'voice_1' } })
    const wanted = sessionConfig(options, testRequest())
    const input = { ...wanted.audio?.input, turn_detection: { ...semantic, eagerness: 'medium' } }
    const output = { ...wanted.audio?.output, voice: 'voice_1' }
    expect(compareSession(wanted, { ...wanted, audio: { input, output } }).disagreements).toEqual([])
    const eager = { ...wanted.audio?.input, turn_detection: { ...semantic, eagerness: 'high' } }
    expect(compareSession(wanted, { ...wanted, audio: { input: eager, output } }).disagreements).toEqual([
      'audio.input.turn_detection.eagerness',
    ])
  })

  it('disagrees with anything that is no session', () => {
    for (const nothing of [undefined, null, 'session', [], {}]) {
      expect(compareSession(asked, nothing).disagreements).toHaveLength(6)
    }
  })
})
