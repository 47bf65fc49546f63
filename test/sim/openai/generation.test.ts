import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ModelReply } from '../../../src/sim/openai/model-script.ts'
import { SessionDriver, fold } from './session-driver.ts'

/** Events after response.created, without repetitions; deltas of text and audio that alternate count once. */
function shape(driver: SessionDriver): string[] {
  const types = driver.takeTypes()
  return fold(types.filter((type, index) => !(type.endsWith('.delta') && types.indexOf(type) !== index)))
}

function answered(reply: ModelReply, model?: string): SessionDriver {
  const driver = new SessionDriver({ replies: [reply] }, model === undefined ? {} : { model })
  driver.take()
  driver.send({ type: 'response.create' }).wait(60_000)
  return driver
}

const messageOrder = [
  'response.output_audio.done',
  'response.output_audio_transcript.done',
  'response.content_part.done',
  'conversation.item.done',
  'response.output_item.done',
]

describe('Generation, order of events', () => {
  it('is the recorded one for a caller turn with a streaming transcript', () => {
    const driver = new SessionDriver({
      hears: ['are you open tomorrow'],
      replies: [{ say: 'We are open from eight to six tomorrow.' }],
    })
    const transcription = { model: 'gpt-realtime-whisper' as const }
    driver.send({
      type: 'session.update',
      session: { type: 'realtime', audio: { input: { transcription } } },
    })
    driver.take()
    driver.silence(300).speak(900).silence(500).wait(60_000)
    expect(shape(driver)).toEqual([
      'input_audio_buffer.speech_started',
      'conversation.item.input_audio_transcription.delta',
      'input_audio_buffer.speech_stopped',
      'input_audio_buffer.committed',
      'conversation.item.added',
      'conversation.item.done',
      'response.created',
      'response.output_item.added',
      'conversation.item.added',
      'response.content_part.added',
      'response.output_audio_transcript.delta',
      'response.output_audio.delta',
      'conversation.item.input_audio_transcription.completed',
      ...messageOrder,
      'response.done',
      'rate_limits.updated',
    ])
  })

  it('is the recorded one for a function call', () => {
    const driver = answered({ calls: [{ name: 'get_hours', arguments: { day: 'monday', of: 'next week' } }] })
    expect(shape(driver)).toEqual([
      'response.created',
      'response.output_item.added',
      'conversation.item.added',
      'response.function_call_arguments.delta',
      'response.function_call_arguments.done',
      'conversation.item.done',
      'response.output_item.done',
      'response.done',
      'rate_limits.updated',
    ])
    const done = driver.last('response.output_item.done')
    expect(done.item).toMatchObject({ type: 'function_call', status: 'completed', name: 'get_hours' })
    expect(driver.last('response.function_call_arguments.done').arguments).toBe(
      '{"day":"monday","of":"next week"}',
    )
  })

  it('interleaves a preamble and its call, on a reasoning model', () => {
    const driver = answered({
      preamble: 'One moment please.',
      calls: [{ name: 'look', arguments: { a: 1, b: 2 } }],
    })
    const order = driver.events.flatMap((event) =>
      'output_index' in event && !event.type.endsWith('.delta')
        ? [`${event.output_index} ${event.type}`]
        : [],
    )
    expect(order).toEqual([
      '0 response.output_item.added',
      '0 response.content_part.added',
      '1 response.output_item.added',
      '0 response.output_audio.done',
      '0 response.output_audio_transcript.done',
      '0 response.content_part.done',
      '0 response.output_item.done',
      '1 response.function_call_arguments.done',
      '1 response.output_item.done',
    ])
    const { output } = driver.last('response.done').response
    expect(output.map((item) => item.type)).toEqual(['message', 'function_call'])
    expect(output[0]).toMatchObject({
      phase: 'commentary',
      content: [{ type: 'output_audio', transcript: 'One moment please.' }],
    })
  })

  it('finishes one output after the other, on a model without reasoning', () => {
    const driver = answered({ say: 'One moment.', calls: [{ name: 'look', arguments: {} }] }, 'gpt-realtime')
    const order = driver.events.flatMap((event) =>
      event.type === 'response.output_item.added' || event.type === 'response.output_item.done'
        ? [`${event.output_index} ${event.type}`]
        : [],
    )
    expect(order).toEqual([
      '0 response.output_item.added',
      '0 response.output_item.done',
      '1 response.output_item.added',
      '1 response.output_item.done',
    ])
  })

  it('opens parallel calls before it closes the first', () => {
    const driver = answered({
      calls: [
        { name: 'a', arguments: { x: 1 } },
        { name: 'b', arguments: { y: 2 } },
      ],
    })
    const names = driver
      .all('response.function_call_arguments.done')
      .map((event) => `${event.name} ${event.arguments}`)
    expect(names).toEqual(['a {"x":1}', 'b {"y":2}'])
    const order = driver.events.map((event) => event.type)
    expect(order.lastIndexOf('response.output_item.added')).toBeLessThan(
      order.indexOf('response.function_call_arguments.done'),
    )
    const ids = driver.all('response.function_call_arguments.done').map((event) => event.call_id)
    expect(new Set(ids).size).toBe(2)
  })

  it('writes text events, when the response is text', () => {
    const driver = new SessionDriver({ replies: [{ say: 'Yes we are.' }] })
    driver.take()
    driver.send({ type: 'response.create', response: { output_modalities: ['text'] } }).wait(60_000)
    expect(shape(driver)).toEqual([
      'response.created',
      'response.output_item.added',
      'conversation.item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'conversation.item.done',
      'response.output_item.done',
      'response.done',
      'rate_limits.updated',
    ])
    expect(driver.last('response.done').response.output).toMatchObject([
      { content: [{ type: 'output_text', text: 'Yes we are.' }] },
    ])
  })
})

describe('Generation, audio and text', () => {
  it('sends deltas of 190 to 270 ms, eight times faster than they play, text ahead', () => {
    const driver = new SessionDriver({
      replies: [{ say: 'word '.repeat(40).trim(), audioMs: 10_000, thinkMs: 100 }],
    })
    driver.send({ type: 'response.create' }).wait(15 + 100)
    driver.take()
    driver.wait(1249)
    expect(driver.all('response.done')).toHaveLength(0)
    driver.wait(1)
    expect(driver.all('response.done')).toHaveLength(1)
    const lengths = driver
      .all('response.output_audio.delta')
      .map((event) => Buffer.byteLength(event.delta, 'base64') / 48)
    expect(lengths.reduce((sum, ms) => sum + ms, 0)).toBe(10_000)
    for (const ms of lengths.slice(0, -1)) expect(ms).toBeGreaterThanOrEqual(190)
    expect(Math.max(...lengths)).toBeLessThanOrEqual(270)
    const types = driver.events.map((event) => event.type)
    expect(types.indexOf('response.output_audio_transcript.delta')).toBeLessThan(
      types.indexOf('response.output_audio.delta'),
    )
    expect(types.lastIndexOf('response.output_audio_transcript.delta')).toBeLessThan(
      types.lastIndexOf('response.output_audio.delta'),
    )
  })

  it('says the transcript that its deltas add up to, whatever the text', () => {
    const property = fc.property(fc.string({ maxLength: 200 }), fc.nat(3), (say, seed) => {
      const driver = new SessionDriver({ replies: [{ say }] }, { seed: String(seed) })
      driver.send({ type: 'response.create' }).wait(60_000)
      const spoken = driver
        .all('response.output_audio_transcript.delta')
        .map((event) => event.delta)
        .join('')
      expect(driver.last('response.output_audio_transcript.done').transcript).toBe(spoken)
      expect(spoken).toBe(say.trimEnd())
      expect(driver.record.refused).toEqual([])
    })
    fc.assert(property, { seed: 11, numRuns: 60 })
  })

  it('puts µ-law out, when the session asks for it', () => {
    const driver = new SessionDriver({ replies: [{ say: 'Hello', audioMs: 1000 }] })
    const output = { format: { type: 'audio/pcmu' as const } }
    driver.send({ type: 'session.update', session: { type: 'realtime', audio: { output } } })
    driver.send({ type: 'response.create' }).wait(5000)
    const bytes = driver
      .all('response.output_audio.delta')
      .map((event) => Buffer.byteLength(event.delta, 'base64'))
    expect(bytes.reduce((sum, count) => sum + count, 0)).toBe(8000)
  })

  it('adds padding and phase always or never, as the script says', () => {
    const always = answered({ say: 'Hello there.' })
    expect(always.all('response.output_audio.delta').every((event) => 'obfuscation' in event)).toBe(true)
    const never = new SessionDriver({ extras: 'never', replies: [{ say: 'Hello there.' }] })
    never.send({ type: 'response.create' }).wait(5000)
    expect(JSON.stringify(never.events)).not.toMatch(/obfuscation|phase|rate_limits/)
  })
})
