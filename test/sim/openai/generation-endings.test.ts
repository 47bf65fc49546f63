import { describe, expect, it } from 'vitest'
import type { ModelReply } from '../../../src/sim/openai/model-script.ts'
import { SessionDriver } from './session-driver.ts'

function answered(reply: ModelReply): SessionDriver {
  const driver = new SessionDriver({ replies: [reply] })
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

describe('Generation, endings', () => {
  it('is cancelled by the client: half-said items become incomplete, all done events come', () => {
    const driver = new SessionDriver({ replies: [{ say: 'A long story about bread.', audioMs: 8000 }] })
    driver.send({ type: 'response.create' }).wait(15 + 250 + 300)
    driver.take()
    driver.send({ type: 'response.cancel', response_id: driver.last('response.created').response.id ?? '' })
    expect(driver.takeTypes()).toEqual([...messageOrder, 'response.done', 'rate_limits.updated'])
    const { response } = driver.last('response.done')
    expect(response).toMatchObject({
      status: 'cancelled',
      status_details: { type: 'cancelled', reason: 'client_cancelled' },
      output: [{ status: 'incomplete' }],
    })
    driver.take()
    driver.wait(10_000)
    expect(driver.take()).toEqual([])
  })

  it('leaves a call incomplete with cut arguments, when it is cancelled in them', () => {
    const driver = new SessionDriver({
      replies: [{ calls: [{ name: 'send', arguments: { text: 'x'.repeat(200) } }] }],
    })
    driver.send({ type: 'response.create' }).wait(15 + 250 + 40)
    driver.send({ type: 'response.cancel' })
    const { item } = driver.last('response.output_item.done')
    expect(item).toMatchObject({ type: 'function_call', status: 'incomplete' })
    const text = driver.last('response.function_call_arguments.done').arguments
    expect(text.length).toBeGreaterThan(0)
    expect(() => void JSON.parse(text)).toThrow(SyntaxError)
  })

  it('is cancelled by speech, right after speech_started', () => {
    const driver = new SessionDriver({ replies: [{ say: 'A long story.', audioMs: 8000 }] })
    driver.send({ type: 'response.create' }).wait(600)
    driver.take()
    driver.speak(100)
    expect(driver.takeTypes()).toEqual([
      'input_audio_buffer.speech_started',
      ...messageOrder,
      'response.done',
      'rate_limits.updated',
    ])
    expect(driver.last('response.done').response.status_details).toEqual({
      type: 'cancelled',
      reason: 'turn_detected',
    })
  })

  it('is created and ends at once without usage, when speech comes before response.created', () => {
    const driver = new SessionDriver()
    driver.send({ type: 'response.create' })
    driver.take()
    driver.speak(100).wait(15)
    expect(driver.takeTypes()).toEqual([
      'input_audio_buffer.speech_started',
      'response.created',
      'response.done',
      'rate_limits.updated',
    ])
    expect(driver.last('response.done').response).toMatchObject({
      status: 'cancelled',
      usage: null,
      output: [],
    })
  })

  it('goes on through speech, when interrupt_response is off', () => {
    const driver = new SessionDriver({ replies: [{ say: 'A long story.', audioMs: 8000 }] })
    const turn_detection = { type: 'server_vad' as const, interrupt_response: false, create_response: false }
    driver.send({
      type: 'session.update',
      session: { type: 'realtime', audio: { input: { turn_detection } } },
    })
    driver.send({ type: 'response.create' }).wait(600)
    driver.speak(300).silence(600).wait(5000)
    expect(driver.last('response.done').response.status).toBe('completed')
    expect(driver.all('response.created')).toHaveLength(1)
  })

  it.each([
    [{ ends: 'incomplete' }, 'incomplete', { type: 'incomplete', reason: 'max_output_tokens' }],
    [{ ends: 'filtered' }, 'incomplete', { type: 'incomplete', reason: 'content_filter' }],
    [{ ends: 'cancelled' }, 'cancelled', { type: 'cancelled', reason: 'turn_detected' }],
    [{ ends: 'failed' }, 'failed', { type: 'failed', error: { type: 'server_error', code: 'server_error' } }],
  ] as const)('ends half-way, when the script says %o', (ending, status, details) => {
    const driver = answered({ say: 'Something that is cut.', audioMs: 4000, ...ending })
    expect(driver.last('response.done').response).toMatchObject({ status, status_details: details })
    expect(driver.record.responses).toMatchObject([{ status, audioMs: 2000 }])
    expect(driver.last('response.output_item.done').item).toMatchObject({ status: 'incomplete' })
  })

  it('fails without any output nor usage, when quota is gone', () => {
    const error = {
      type: 'insufficient_quota',
      code: 'insufficient_quota',
      message: 'You exceeded your quota.',
    }
    const driver = answered({ ends: 'failed', error })
    expect(driver.takeTypes()).toEqual(['response.created', 'response.done', 'rate_limits.updated'])
    expect(driver.last('response.done').response).toMatchObject({
      status: 'failed',
      usage: null,
      status_details: { type: 'failed', error },
    })
  })

  it('stops at max_output_tokens, 20 per second of audio', () => {
    const driver = new SessionDriver({ replies: [{ say: '', audioMs: 10_000 }] })
    driver.send({ type: 'response.create', response: { max_output_tokens: 60 } }).wait(10_000)
    const { response } = driver.last('response.done')
    expect(response.status_details).toEqual({ type: 'incomplete', reason: 'max_output_tokens' })
    expect(response.usage?.output_tokens).toBeLessThanOrEqual(60)
    expect(driver.record.responses[0]?.audioMs).toBeGreaterThan(2700)
    expect(driver.record.responses[0]?.audioMs).toBeLessThanOrEqual(3000)
  })

  it('never ends, when the script says never, but can be cancelled', () => {
    const driver = answered({ never: true })
    expect(driver.takeTypes()).toEqual(['response.created'])
    driver.send({ type: 'response.create' })
    expect(driver.lastError().code).toBe('conversation_already_has_active_response')
    driver.send({ type: 'response.cancel' })
    expect(driver.last('response.done').response.status).toBe('cancelled')
  })

  it.each([
    [{ dropAfterMs: 500 }, { kind: 'cut' }, 500],
    [
      { dropAfterMs: 500, closeCode: 1011, closeReason: 'x' },
      { kind: 'close', code: 1011, reason: 'x' },
      500,
    ],
    [{ closeCode: 4000 }, { kind: 'close', code: 4000, reason: '' }, 0],
    [{ dropAfterMs: 99_000 }, { kind: 'cut' }, 2000],
  ] as const)('breaks the connection after that much audio: %o', (fault, expected, generatedMs) => {
    const driver = answered({ say: 'A sentence that is not finished.', audioMs: 2000, ...fault })
    expect(driver.hangUps).toEqual([expected])
    const bytes = driver
      .all('response.output_audio.delta')
      .map((event) => Buffer.byteLength(event.delta, 'base64'))
    expect(bytes.reduce((sum, count) => sum + count, 0) / 48).toBe(generatedMs)
    expect(driver.all('response.output_audio.done')).toEqual([])
  })
})
