import { describe, expect, it } from 'vitest'
import type { AudioTranscription, RealtimeAudioInputTurnDetection } from 'openai/resources/realtime/realtime'
import type { ModelScript } from '../../../src/sim/openai/model-script.ts'
import { SessionDriver } from './session-driver.ts'

const completed = 'conversation.item.input_audio_transcription.completed'

function heard(
  script: Partial<ModelScript>,
  transcription: AudioTranscription = { model: 'gpt-4o-mini-transcribe' },
): SessionDriver {
  const driver = new SessionDriver({ hears: ['hello there you'], replies: [{ say: 'Good day.' }], ...script })
  driver.send({ type: 'session.update', session: { type: 'realtime', audio: { input: { transcription } } } })
  driver.take()
  driver.speak(600).silence(500).wait(20_000)
  return driver
}

function order(driver: SessionDriver, ...types: string[]): string[] {
  const seen = driver.events.map((event) => event.type)
  return types.toSorted((a, b) => seen.indexOf(a as never) - seen.indexOf(b as never))
}

describe('Transcriber', () => {
  it.each([
    ['before', ['conversation.item.done', completed, 'response.created', 'response.done']],
    ['during', ['conversation.item.done', 'response.created', completed, 'response.done']],
    ['after', ['conversation.item.done', 'response.created', 'response.done', completed]],
  ] as const)('comes %s the response, when the script says so', (when, expected) => {
    const driver = heard({ transcription: { when } })
    expect(driver.last(completed).transcript).toBe('hello there you')
    expect(order(driver, ...expected)).toEqual(expected)
  })

  it('never comes, or fails, and the call goes on', () => {
    const never = heard({ transcription: { when: 'never' } })
    expect(never.all(completed)).toEqual([])
    expect(never.all('response.done')).toHaveLength(1)
    const failed = heard({ transcription: { when: 'failed' } })
    expect(failed.last('conversation.item.input_audio_transcription.failed')).toMatchObject({
      content_index: 0,
      error: { type: 'transcription_error' },
    })
    expect(failed.all('response.done')).toHaveLength(1)
  })

  it('is late by the delay of the script', () => {
    const driver = new SessionDriver({
      hears: ['x'],
      replies: [],
      transcription: { when: 'before', delayMs: 700 },
    })
    const transcription = { model: 'whisper-1' as const }
    driver.send({
      type: 'session.update',
      session: { type: 'realtime', audio: { input: { transcription } } },
    })
    driver.speak(600).silence(500).wait(699)
    expect(driver.all(completed)).toEqual([])
    driver.wait(1)
    expect(driver.all(completed)).toHaveLength(1)
  })

  it('comes without a response too, or a client that waits for it would wait for ever', () => {
    const driver = new SessionDriver({ hears: ['x'], transcription: { when: 'after' } })
    const input = {
      transcription: { model: 'whisper-1' as const },
      turn_detection: { type: 'server_vad' as const, create_response: false },
    }
    driver.send({ type: 'session.update', session: { type: 'realtime', audio: { input } } })
    driver.speak(600).silence(500).wait(1499)
    expect(driver.all(completed)).toEqual([])
    driver.wait(1)
    expect(driver.all(completed)).toHaveLength(1)
  })

  it('is off until the session asks for it', () => {
    const driver = new SessionDriver({ hears: ['x'] })
    driver.speak(600).silence(500).wait(20_000)
    expect(JSON.stringify(driver.events)).not.toContain('input_audio_transcription.')
  })

  it.each([
    ['gpt-realtime-whisper', { type: 'duration', seconds: 2 }, 3],
    ['gpt-transcribe', { type: 'duration', seconds: 2 }, 3],
    ['whisper-1', { type: 'duration', seconds: 2 }, 1],
    ['gpt-4o-transcribe', { type: 'tokens', input_tokens: 11, output_tokens: 4, total_tokens: 15 }, 3],
  ] as const)('reports the usage and the deltas of %s', (model, usage, deltas) => {
    const driver = heard({}, { model })
    expect(driver.last(completed).usage).toMatchObject(usage)
    const pieces = driver.all('conversation.item.input_audio_transcription.delta').map((event) => event.delta)
    expect(pieces).toHaveLength(deltas)
    expect(pieces.join('')).toBe('hello there you')
  })

  it('names speakers with the diarizing model, languages with gpt-transcribe', () => {
    const segment = heard({}, { model: 'gpt-4o-transcribe-diarize' }).last(
      'conversation.item.input_audio_transcription.segment',
    )
    expect(segment).toMatchObject({ speaker: 'A', text: 'hello there you', start: 0, end: 1.1 })
    expect(heard({}, { model: 'gpt-transcribe', language: 'es' }).last(completed).languages).toEqual([
      { code: 'es' },
    ])
  })

  it('writes the transcript into the item', () => {
    const driver = heard({})
    const { item_id } = driver.last('input_audio_buffer.committed')
    driver.send({ type: 'conversation.item.retrieve', item_id })
    expect(driver.last('conversation.item.retrieved').item).toMatchObject({
      content: [{ type: 'input_audio', transcript: 'hello there you' }],
    })
    expect(driver.record.transcript.map((line) => `${line.role}: ${line.text}`)).toEqual([
      'user: hello there you',
      'assistant: Good day.',
    ])
  })

  it('goes through hears in order, and hears nothing when they are used up', () => {
    const driver = heard({ hears: ['one', 'two'] })
    driver.speak(600).silence(500).wait(20_000).speak(600).silence(500).wait(20_000)
    expect(driver.all(completed).map((event) => event.transcript)).toEqual(['one', 'two', ''])
  })
})

describe('SessionTurns, idle timeout', () => {
  const turn_detection: RealtimeAudioInputTurnDetection = { type: 'server_vad', idle_timeout_ms: 5000 }

  function idle(): SessionDriver {
    const driver = new SessionDriver({
      replies: [{ say: 'Hello.', audioMs: 2000 }, { say: 'Are you there?' }],
    })
    driver.send({
      type: 'session.update',
      session: { type: 'realtime', audio: { input: { turn_detection } } },
    })
    driver.send({ type: 'response.create' }).wait(15 + 250 + 250)
    expect(driver.all('response.done')).toHaveLength(1)
    driver.take()
    return driver
  }

  it('counts from response.done plus the playback, then commits an empty turn and asks', () => {
    const driver = idle()
    driver.silence(7000).wait(6999)
    expect(driver.take()).toEqual([])
    driver.wait(1).wait(5000)
    expect(driver.takeTypes().slice(0, 5)).toEqual([
      'input_audio_buffer.timeout_triggered',
      'input_audio_buffer.committed',
      'conversation.item.added',
      'conversation.item.done',
      'response.created',
    ])
    expect(driver.last('input_audio_buffer.timeout_triggered')).toMatchObject({
      audio_start_ms: 2000,
      audio_end_ms: 7000,
    })
    expect(driver.last('response.output_audio_transcript.done').transcript).toBe('Are you there?')
  })

  it('is called off by speech, by a wanted response and by an update', () => {
    const spoke = idle()
    spoke.wait(3000).speak(200).wait(5000)
    const asked = idle()
    asked.wait(6900).send({ type: 'response.create' }).wait(200)
    const updated = idle()
    const off = { ...turn_detection, idle_timeout_ms: null }
    updated.send({
      type: 'session.update',
      session: { type: 'realtime', audio: { input: { turn_detection: off } } },
    })
    updated.wait(20_000)
    for (const driver of [spoke, asked, updated])
      expect(driver.all('input_audio_buffer.timeout_triggered')).toEqual([])
  })
})

describe('ScriptCursor, over a reconnect', () => {
  it('goes on where the caller was', () => {
    const first = heard({ hears: ['one', 'two'], replies: [{ say: 'A' }, { say: 'B' }] })
    const second = new SessionDriver({}, { cursor: first.cursor, sessionOfCaller: 2 })
    const transcription = { model: 'whisper-1' as const }
    second.send({
      type: 'session.update',
      session: { type: 'realtime', audio: { input: { transcription } } },
    })
    second.speak(600).silence(500).wait(20_000)
    expect(second.last(completed).transcript).toBe('two')
    expect(second.last('response.output_audio_transcript.done').transcript).toBe('B')
  })
})

describe('SessionTurns', () => {
  it('answers the last of two turns that come all at once, and ends the response to the first', () => {
    const driver = new SessionDriver({ hears: ['one', 'two'], replies: [{ say: 'Yes.' }, { say: 'No.' }] })
    driver.speak(600).silence(600).speak(600).silence(600).wait(20_000)
    expect(driver.all('error')).toEqual([])
    expect(driver.all('response.done').map(({ response }) => response.status)).toEqual([
      'cancelled',
      'completed',
    ])
  })
})
