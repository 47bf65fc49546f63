import { describe, expect, it } from 'vitest'
import { accountSid, newCallSid, newStreamSid } from './support/names.ts'
import { startServer } from './support/server.ts'

const callSid = newCallSid()
const streamSid = newStreamSid()
const common = [
  ['AccountSid', accountSid],
  ['CallSid', callSid],
] as const

describe('POST /twilio/status', () => {
  it('passes the update on and answers 204', async () => {
    await using server = await startServer()
    const fields = [
      ...common,
      ['CallStatus', 'completed'],
      ['SequenceNumber', '3'],
      ['CallDuration', '61'],
    ] as const
    expect(await server.post('/twilio/status?ref=abc', fields)).toMatchObject({ status: 204, body: '' })
    expect(server.calls.statuses).toEqual([
      { callSid, status: 'completed', sequenceNumber: 3, durationSeconds: 61, ref: 'abc' },
    ])
  })

  it('refuses without a signature, with a repeated field, and of another form', async () => {
    await using server = await startServer()
    const fields = [...common, ['CallStatus', 'completed']] as const
    expect((await server.send('/twilio/status', {})).status).toBe(403)
    expect((await server.post('/twilio/status', [...fields, ['CallStatus', 'ringing']])).status).toBe(403)
    expect((await server.post('/twilio/status', [...fields, ['SequenceNumber', 'x']])).status).toBe(400)
    expect(server.calls.statuses).toEqual([])
  })
})

describe('POST /twilio/sms-status', () => {
  const messageSid = `SM${'0f'.repeat(16)}`
  const fields = [
    ['AccountSid', accountSid],
    ['MessageSid', messageSid],
    ['MessageStatus', 'undelivered'],
    ['ErrorCode', '30003'],
  ] as const

  it('passes on what becomes of a message of ours, and of a call of ours', async () => {
    const told: unknown[] = []
    const effects = {
      onTextStatus: async (update: unknown) => void told.push(update),
      onCallStatus: async (update: unknown) => void told.push(update),
    }
    await using server = await startServer({ effects })
    expect(await server.post('/twilio/sms-status?ref=intent_x1', fields)).toMatchObject({
      status: 204,
      body: '',
    })
    expect(await server.post('/twilio/sms-status', fields)).toMatchObject({ status: 204 })
    await server.post('/twilio/status?ref=intent_x2', [...common, ['CallStatus', 'busy']])
    await server.post('/twilio/status', [...common, ['CallStatus', 'busy']])
    const update = { messageSid, status: 'undelivered', errorCode: '30003' }
    expect(told).toEqual([
      { ...update, ref: 'intent_x1' },
      update,
      { callSid, status: 'busy', ref: 'intent_x2' },
    ])
  })

  it.each([
    ['queued', 'accepted'],
    ['sending', 'accepted'],
    ['sent', 'sent'],
    ['delivered', 'delivered'],
    ['read', 'delivered'],
    ['failed', 'failed'],
    ['canceled', 'canceled'],
    ['partially_delivered', 'unknown'],
    ['constructor', 'unknown'],
  ])('takes %s for %s', async (word, status) => {
    const told: unknown[] = []
    const effects = {
      onTextStatus: async (update: unknown) => void told.push(update),
      onCallStatus: () => Promise.reject(new Error('This is no call')),
    }
    await using server = await startServer({ effects })
    await server.post('/twilio/sms-status', [...fields.slice(0, 2), ['MessageStatus', word]])
    expect(told).toEqual([{ messageSid, status }])
  })

  it('refuses without a signature, with a repeated field, of another form, and for a ref that is none', async () => {
    await using server = await startServer()
    expect((await server.send('/twilio/sms-status', {})).status).toBe(403)
    expect((await server.post('/twilio/sms-status', [...fields, ['MessageStatus', 'sent']])).status).toBe(403)
    expect((await server.post('/twilio/sms-status', [['AccountSid', accountSid]])).status).toBe(400)
    expect((await server.post('/twilio/sms-status?ref=a&ref=b', fields)).status).toBe(400)
    expect((await server.post('/twilio/status?ref=%20', [...common, ['CallStatus', 'busy']])).status).toBe(
      400,
    )
  })
})

describe('POST /twilio/stream-status', () => {
  it("passes the update on and warns of Twilio's own view of a broken socket", async () => {
    await using server = await startServer()
    const url = 'wss://voice.example.org/twilio/media/abcdefghijklmnopqrstuv'
    const fields = [
      ...common,
      ['StreamSid', streamSid],
      ['StreamEvent', 'stream-error'],
      ['StreamError', `31920: handshake of ${url} failed`],
    ] as const
    expect((await server.post('/twilio/stream-status', fields)).status).toBe(204)
    expect(server.calls.streamStatuses).toEqual([
      { callSid, streamSid, event: 'stream-error', error: '31920: handshake of [url] failed' },
    ])
    expect(server.log.lines).toEqual([
      {
        level: 'warn',
        kind: 'streamError',
        callSid,
        streamSid,
        code: '31920',
        sentence:
          'Our media socket refused the upgrade: check the path, the signature settings and PUBLIC_URL',
      },
    ])
  })

  it('logs nothing for a stream that starts and stops', async () => {
    await using server = await startServer()
    for (const event of ['stream-started', 'stream-stopped']) {
      const fields = [...common, ['StreamSid', streamSid], ['StreamEvent', event]] as const
      expect((await server.post('/twilio/stream-status', fields)).status).toBe(204)
    }
    expect(server.log.lines).toEqual([])
  })

  it('refuses a forged one', async () => {
    await using server = await startServer()
    const fields = [...common, ['StreamSid', streamSid], ['StreamEvent', 'stream-error']] as const
    expect((await server.post('/twilio/stream-status', fields, { token: 'wrong' })).status).toBe(403)
    expect(server.calls.streamStatuses).toEqual([])
  })
})
