import { describe, expect, it } from 'vitest'
import { clientEventTypes, parseClientEvent } from '../../../src/sim/openai/client-event-schema.ts'
import { SessionDriver } from './session-driver.ts'
import { refusedEvents } from './refused-events.ts'
import { refusedUpdates } from './refused-updates.ts'

const mutations = [...refusedUpdates, ...refusedEvents]

const session = (fields: object): object => ({
  type: 'session.update',
  session: { type: 'realtime', ...fields },
})
const input = (fields: object): object => session({ audio: { input: fields } })
const output = (fields: object): object => session({ audio: { output: fields } })
const item = (fields: object): object => ({ type: 'conversation.item.create', item: fields })
const message = (role: string, content: unknown): object => item({ type: 'message', role, content })
const response = (fields: object): object => ({ type: 'response.create', response: fields })

describe('parseClientEvent()', () => {
  it.each(mutations)('refuses %s', (...[, event, code, param]) => {
    const parsed = parseClientEvent(JSON.stringify(event))
    expect(parsed.ok).toBe(false)
    expect(parsed).toMatchObject({ refusal: { type: 'invalid_request_error', code, param } })
  })

  it('refuses what is not JSON', () => {
    expect(parseClientEvent('{"type":')).toMatchObject({ ok: false, refusal: { code: 'invalid_event' } })
    expect(parseClientEvent('')).toMatchObject({ ok: false, refusal: { code: 'invalid_event' } })
  })

  it('reports a missing field before an unknown one, as for a session of the beta', () => {
    const beta = { type: 'session.update', session: { modalities: ['audio'], voice: 'alloy' } }
    expect(parseClientEvent(JSON.stringify(beta))).toMatchObject({
      refusal: { code: 'missing_required_parameter', param: 'session.type' },
    })
  })

  it('names the client event in the error, when it had an id', () => {
    const driver = new SessionDriver()
    driver.sendRaw({ ...session({ voice: 'alloy' }), event_id: 'evt_c1' })
    expect(driver.last('error').error).toMatchObject({ code: 'unknown_parameter', event_id: 'evt_c1' })
    driver.sendRaw(session({ voice: 'alloy' }))
    expect(driver.last('error').error.event_id).toBeNull()
  })

  it.each(mutations)('leaves the session as it was, after %s', (_name, event) => {
    const driver = new SessionDriver()
    const before = JSON.stringify(driver.session.config)
    driver.take()
    driver.sendRaw(event)
    expect(driver.takeTypes()).toEqual(['error'])
    expect(JSON.stringify(driver.session.config)).toBe(before)
    expect(driver.record.refused).toHaveLength(1)
  })

  it('knows the eleven client events and no other', () => {
    expect(Object.keys(clientEventTypes)).toHaveLength(11)
  })

  it.each([
    [
      'a full update',
      session({
        instructions: 'x',
        output_modalities: ['text'],
        max_output_tokens: 'inf',
        truncation: 'disabled',
        tracing: null,
        tool_choice: 'none',
        include: ['item.input_audio_transcription.logprobs'],
      }),
    ],
    ['everything switched off', input({ noise_reduction: null, transcription: null, turn_detection: null })],
    ['a custom voice', output({ voice: { id: 'voice_1' }, speed: 1.5 })],
    ['A-law', input({ format: { type: 'audio/pcma' } })],
    ['an image', message('user', [{ type: 'input_image', image_url: 'data:image/png;base64,AAAA' }])],
    [
      'an approval',
      item({ type: 'mcp_approval_response', id: 'a', approval_request_id: 'r', approve: true }),
    ],
    [
      'a side response',
      response({
        conversation: 'none',
        input: [],
        metadata: { topic: 'summary' },
        output_modalities: ['text'],
      }),
    ],
  ])('takes %s', (_name, event) => {
    expect(parseClientEvent(JSON.stringify(event)).ok).toBe(true)
  })
})
