import { describe, expect, it } from 'vitest'
import { newCallSid, publicUrl } from './support/names.ts'
import { voiceFields } from './support/forms.ts'
import { startServer } from './support/server.ts'

describe('POST /twilio/voice', () => {
  it('answers an offered call with a stream', async () => {
    await using server = await startServer()
    const callSid = newCallSid()
    const answer = await server.post('/twilio/voice', voiceFields({ CallSid: callSid }))
    expect(answer).toMatchObject({ status: 200, type: 'text/xml; charset=utf-8' })
    expect(answer.body).toMatch(/<Stream url="wss:\/\/voice\.example\.org\/twilio\/media\/[A-Za-z0-9_-]{22}"/)
    expect(answer.body).toContain(`<Connect action="${publicUrl}/twilio/after-stream">`)
    expect(server.calls.offers).toMatchObject([{ callSid, direction: 'inbound' }])
    expect(server.metrics.observed).toMatchObject([{ name: 'webhook_answer_ms' }])
  })

  it('answers a replay while the call lives with the same document, and afterwards with a hang-up', async () => {
    await using server = await startServer()
    const callSid = newCallSid()
    const fields = voiceFields({ CallSid: callSid })
    const first = await server.post('/twilio/voice', fields)
    expect(await server.post('/twilio/voice', fields)).toEqual(first)
    server.calls.end(callSid)
    expect((await server.post('/twilio/voice', fields)).body).toContain('<Response><Hangup/></Response>')
  })

  it('says that it is busy and hangs up', async () => {
    await using server = await startServer()
    server.calls.isBusy = true
    expect((await server.post('/twilio/voice', voiceFields())).body).toContain(
      '<Response><Say language="en">All lines are busy</Say><Hangup/></Response>',
    )
  })

  it('answers 400 with an empty body to a signed request of another form', async () => {
    await using server = await startServer()
    expect(await server.post('/twilio/voice', voiceFields({ CallSid: 'CA1' }))).toMatchObject({
      status: 400,
      body: '',
    })
    expect(server.metrics.total('refusals_total', { route: 'voice', reason: 'malformed' })).toBe(1)
    expect(server.calls.offers).toEqual([])
  })

  it('answers 500 with an empty body when the call could not be decided about, and logs no text of the error', async () => {
    await using server = await startServer()
    server.calls.offer = () => Promise.reject(new TypeError('secret inside'))
    expect(await server.post('/twilio/voice', voiceFields())).toMatchObject({ status: 500, body: '' })
    expect(server.log.lines).toEqual([
      { level: 'error', kind: 'webhookFailed', name: 'TypeError', url: '/twilio/voice' },
    ])
  })
})

describe('POST /twilio/after-stream', () => {
  it('answers a new stream for a call that lives, with a fresh nonce', async () => {
    await using server = await startServer()
    const fields = voiceFields()
    const first = await server.ring(fields)
    const answer = await server.post('/twilio/after-stream', fields)
    expect(answer).toMatchObject({ status: 200, type: 'text/xml; charset=utf-8' })
    expect(answer.body).toContain('<Connect action=')
    expect(answer.body).not.toContain(first)
  })

  it('apologises for a call that nobody knows', async () => {
    await using server = await startServer()
    expect((await server.post('/twilio/after-stream', voiceFields())).body).toContain('<Say language="en">')
  })

  it('answers 400 without a CallSid', async () => {
    await using server = await startServer()
    expect((await server.post('/twilio/after-stream', voiceFields({ CallSid: undefined }))).status).toBe(400)
  })
})
