import { describe, expect, it } from 'vitest'
import type { AudioTranscription, RealtimeSessionCreateRequest } from 'openai/resources/realtime/realtime'
import { SessionDriver } from './session-driver.ts'

function update(driver: SessionDriver, session: Omit<RealtimeSessionCreateRequest, 'type'>): SessionDriver {
  return driver.send({ type: 'session.update', event_id: 'evt_u', session: { type: 'realtime', ...session } })
}

function run(seed: string): string {
  const driver = new SessionDriver({}, { seed })
  driver.speak(400).silence(600).wait(5000)
  return JSON.stringify(driver.events)
}

describe('RealtimeSession, opening', () => {
  it('speaks first, with the defaults of the model', () => {
    const driver = new SessionDriver()
    const [first] = driver.events
    expect(first).toMatchObject({
      type: 'session.created',
      session: {
        object: 'realtime.session',
        type: 'realtime',
        model: 'gpt-realtime-2.1',
        max_output_tokens: 'inf',
        truncation: 'auto',
        audio: {
          input: {
            format: { type: 'audio/pcm', rate: 24_000 },
            transcription: null,
            noise_reduction: null,
            turn_detection: { type: 'server_vad', silence_duration_ms: 500, idle_timeout_ms: null },
          },
          output: { voice: 'marin', speed: 1 },
        },
      },
    })
  })

  it('has the other voice and the short silence, when the model is gpt-realtime', () => {
    const { config } = new SessionDriver({}, { model: 'gpt-realtime' }).session
    expect(config.audio.output.voice).toBe('alloy')
    expect(config.audio.input.turn_detection).toMatchObject({ silence_duration_ms: 200 })
    expect(config.reasoning).toBeUndefined()
  })

  it('expires an hour later and closes 1001 then', () => {
    const driver = new SessionDriver()
    const session = driver.last('session.created').session
    expect(session.expires_at).toBe(driver.clock.wallMs() / 1000 + 3600)
    driver.wait(3_599_999)
    expect(driver.hangUps).toEqual([])
    driver.wait(1)
    const reason = 'Your session hit the maximum duration of 60 minutes.'
    expect(driver.hangUps).toEqual([{ kind: 'close', code: 1001, reason }])
  })

  it('leaves no timer behind, when it is stopped in mid reply', () => {
    const driver = new SessionDriver()
    driver.send({ type: 'response.create' }).wait(400)
    driver.session.stop()
    expect(driver.clock.pendingTimers()).toBe(0)
    driver.take()
    driver.send({ type: 'response.create' }).wait(5000)
    expect(driver.take()).toEqual([])
  })

  it('gives every event its own id', () => {
    const driver = new SessionDriver()
    driver.send({ type: 'response.create' }).wait(5000)
    const ids = driver.events.map((event) => event.event_id)
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids.length).toBeGreaterThan(20)
  })

  it('is the same run, when the seed is the same', () => {
    expect(run('a')).toBe(run('a'))
    expect(run('a')).not.toBe(run('b'))
  })
})

describe('RealtimeSession, session.update', () => {
  it('changes what was sent and echoes the whole, without the id of the client event', () => {
    const driver = new SessionDriver()
    update(driver, { audio: { input: { turn_detection: { type: 'server_vad', threshold: 0.7 } } } })
    update(driver, { instructions: 'Answer the phone.', audio: { output: { voice: 'cedar' } } })
    const echoed = driver.last('session.updated')
    expect(JSON.stringify(echoed)).not.toContain('evt_u')
    expect(echoed.session).toMatchObject({
      instructions: 'Answer the phone.',
      audio: {
        input: { turn_detection: { threshold: 0.7, prefix_padding_ms: 300, create_response: true } },
        output: { voice: 'cedar', format: { type: 'audio/pcm', rate: 24_000 } },
      },
    })
    expect(echoed.session).toEqual({ ...driver.last('session.created').session, ...driver.session.config })
  })

  it('drops the options of the other kind, when the kind of turn detection changes', () => {
    const driver = new SessionDriver()
    update(driver, { audio: { input: { turn_detection: { type: 'semantic_vad' } } } })
    expect(driver.session.config.audio.input.turn_detection).toEqual({
      type: 'semantic_vad',
      eagerness: 'auto',
      create_response: true,
      interrupt_response: true,
    })
  })

  it('drops the options of the other model, when the transcription model changes', () => {
    const driver = new SessionDriver()
    const transcribe = (transcription: AudioTranscription): SessionDriver =>
      update(driver, { audio: { input: { transcription } } })
    transcribe({ model: 'gpt-realtime-whisper', language: 'en', delay: 'low' })
    transcribe({ language: 'es' })
    expect(driver.session.config.audio.input.transcription).toEqual({
      model: 'gpt-realtime-whisper',
      language: 'es',
      delay: 'low',
    })
    transcribe({ model: 'gpt-transcribe', keywords: ['Mill Lane'] })
    expect(driver.session.config.audio.input.transcription).toEqual({
      model: 'gpt-transcribe',
      keywords: ['Mill Lane'],
    })
  })

  it('puts its own text back, when the instructions are empty', () => {
    const driver = new SessionDriver()
    update(driver, { instructions: 'x' })
    update(driver, { instructions: '' })
    expect(driver.session.config.instructions).toContain('witty and friendly')
  })

  const refusedUpdates: readonly [string, string | undefined, object, string][] = [
    ['another model', undefined, { model: 'gpt-realtime-2' }, 'session.model'],
    ['reasoning, of a model without', 'gpt-realtime', { reasoning: { effort: 'low' } }, 'session.reasoning'],
    [
      'parallel calls, of a model without',
      'gpt-realtime-1.5',
      { parallel_tool_calls: true },
      'session.parallel_tool_calls',
    ],
    [
      'two tools of one name',
      undefined,
      {
        tools: [
          { type: 'function', name: 'a' },
          { type: 'function', name: 'a' },
        ],
      },
      'session.tools[1].name',
    ],
    [
      'a choice of a tool that is not there',
      undefined,
      { tool_choice: { type: 'function', name: 'a' } },
      'session.tool_choice.name',
    ],
    [
      'delay, of another model',
      undefined,
      { audio: { input: { transcription: { model: 'whisper-1', delay: 'low' } } } },
      'session.audio.input.transcription.delay',
    ],
    [
      'keywords, of another model',
      undefined,
      { audio: { input: { transcription: { model: 'gpt-4o-transcribe', keywords: ['x'] } } } },
      'session.audio.input.transcription.keywords',
    ],
    [
      'languages, of another model',
      undefined,
      { audio: { input: { transcription: { model: 'gpt-realtime-whisper', languages: ['en'] } } } },
      'session.audio.input.transcription.languages',
    ],
    [
      'a prompt for gpt-realtime-whisper',
      undefined,
      { audio: { input: { transcription: { model: 'gpt-realtime-whisper', prompt: 'x' } } } },
      'session.audio.input.transcription.prompt',
    ],
    [
      'a model for transcription sessions',
      undefined,
      { audio: { input: { transcription: { model: 'gpt-live-transcribe' } } } },
      'session.audio.input.transcription.model',
    ],
  ]
  it.each(refusedUpdates)('refuses %s', (...[, model, fields, param]) => {
    const driver = new SessionDriver({}, model === undefined ? {} : { model })
    driver.sendRaw({ type: 'session.update', session: { type: 'realtime', ...fields } })
    expect(driver.lastError()).toEqual({ code: 'invalid_value', param })
    expect(driver.all('session.updated')).toEqual([])
  })

  it('refuses transcription options without a model, and the other type of session', () => {
    const driver = new SessionDriver()
    update(driver, { audio: { input: { transcription: { language: 'en' } } } })
    expect(driver.lastError()).toEqual({
      code: 'missing_required_parameter',
      param: 'session.audio.input.transcription.model',
    })
    driver.send({ type: 'session.update', session: { type: 'transcription' } })
    expect(driver.lastError()).toEqual({ code: 'invalid_value', param: 'session.type' })
  })

  it('locks the voice once there was audio, but takes the same voice again', () => {
    const driver = new SessionDriver()
    update(driver, { audio: { output: { voice: 'cedar' } } })
    driver.send({ type: 'response.create' }).wait(5000)
    update(driver, { audio: { output: { voice: 'marin' } } })
    expect(driver.lastError()).toEqual({ code: 'cannot_update_voice', param: 'session.audio.output.voice' })
    driver.take()
    update(driver, { audio: { output: { voice: 'cedar' } } })
    expect(driver.takeTypes()).toEqual(['session.updated'])
    driver.send({ type: 'response.create', response: { audio: { output: { voice: 'ash' } } } })
    expect(driver.lastError()).toEqual({ code: 'cannot_update_voice', param: 'response.audio.output.voice' })
  })

  it('changes the speed between turns only, and tracing never again', () => {
    const driver = new SessionDriver()
    update(driver, { audio: { output: { speed: 1.1 } }, tracing: 'auto' })
    expect(driver.all('error')).toEqual([])
    update(driver, { tracing: null })
    expect(driver.lastError()).toEqual({ code: 'invalid_value', param: 'session.tracing' })
    driver.send({ type: 'response.create' }).wait(400)
    update(driver, { audio: { output: { speed: 1 } } })
    expect(driver.lastError()).toEqual({ code: 'invalid_value', param: 'session.audio.output.speed' })
  })

  it('holds everything that comes behind a slow update', () => {
    const driver = new SessionDriver({ updateMs: 100 })
    driver.take()
    update(driver, { instructions: 'a' })
    driver.send({ type: 'input_audio_buffer.clear' })
    update(driver, { instructions: 'b' })
    driver.send({ type: 'conversation.item.delete', item_id: 'x' })
    driver.wait(99)
    expect(driver.takeTypes()).toEqual([])
    driver.wait(1)
    expect(driver.takeTypes()).toEqual(['session.updated', 'input_audio_buffer.cleared'])
    driver.wait(100)
    expect(driver.takeTypes()).toEqual(['session.updated', 'error'])
  })

  it('takes nothing in of what waits, when it ends in the middle of an update', () => {
    const driver = new SessionDriver({ updateMs: 100 })
    update(driver, { instructions: 'a' })
    driver.wait(60)
    const sinceMs = driver.clock.nowMs() - 60
    driver.send({ type: 'input_audio_buffer.append', audio: Buffer.alloc(960).toString('base64') })
    driver.session.stop()
    expect([driver.record.appendedMs, driver.record.deafAtMs]).toEqual([0, sinceMs])
  })

  it('ends the session, when ten thousand events wait behind an update', () => {
    const driver = new SessionDriver({ updateMs: 100 })
    update(driver, { instructions: 'a' })
    for (let count = 0; count <= 10_000; count++) driver.send({ type: 'input_audio_buffer.clear' })
    expect(driver.hangUps).toMatchObject([{ kind: 'close', code: 1011 }])
  })
})

describe('RealtimeSession, transcription only', () => {
  it('transcribes turns and has no responses', () => {
    const driver = new SessionDriver({ hears: ['one two'] }, { type: 'transcription' })
    const transcription = { model: 'whisper-1' as const }
    driver.send({
      type: 'session.update',
      session: { type: 'transcription', audio: { input: { transcription } } },
    })
    driver.speak(400).silence(600).wait(2000)
    expect(driver.all('response.created')).toEqual([])
    expect(driver.last('conversation.item.input_audio_transcription.completed').transcript).toBe('one two')
    driver.send({ type: 'response.create' })
    expect(driver.lastError().code).toBe('invalid_value')
  })

  it('wants turn detection off for gpt-realtime-whisper', () => {
    const driver = new SessionDriver({}, { type: 'transcription' })
    const transcription = { model: 'gpt-realtime-whisper' as const }
    driver.send({
      type: 'session.update',
      session: { type: 'transcription', audio: { input: { transcription } } },
    })
    expect(driver.lastError().param).toBe('session.audio.input.turn_detection')
    const input = { transcription, turn_detection: null }
    driver.send({ type: 'session.update', session: { type: 'transcription', audio: { input } } })
    expect(driver.all('session.updated')).toHaveLength(1)
  })
})
