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
      { callSid, status: 'completed', sequenceNumber: 3, durationSeconds: 61 },
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
