import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../src/sim/caller/random.ts'
import { encodeFields, mutatedRequests, signedVoiceRequest } from '../../src/sim/drills/mutated-requests.ts'
import { accountSid, agentNumber, authToken, ownerNumber, publicUrl } from './support/names.ts'
import { encode, signForm, voiceFields } from './support/forms.ts'
import { startServer } from './support/server.ts'

const formType = 'application/x-www-form-urlencoded'

/** Writes raw bytes and collects what comes back until the server closes. */
function rawConnection(port: number) {
  const socket = connect(port, '127.0.0.1')
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  socket.on('error', () => undefined)
  const closed = once(socket, 'close')
  return {
    socket,
    text: () => Buffer.concat(chunks).toString(),
    async closed() {
      await closed
      return Buffer.concat(chunks).toString()
    },
  }
}

describe('passGate()', () => {
  it('refuses every mutation of a signed request with 403 and an empty body, and offers no call', async () => {
    await using server = await startServer()
    const account = { accountSid, authToken, publicUrl, from: ownerNumber, to: agentNumber }
    // What the mutations start from is accepted: it is the change that is refused.
    const honest = signedVoiceRequest(account, seededRandom(1))
    const accepted = await server.send(honest.target, {
      headers: { 'content-type': formType, 'x-twilio-signature': honest.signature },
      body: encodeFields(honest.fields),
    })
    expect(accepted.status).toBe(200)
    for (const request of mutatedRequests({ ...account, seed: 20_261_120, count: 500 })) {
      const answer = await server.send(request.target, {
        headers: { 'content-type': formType, 'x-twilio-signature': request.signature },
        body: request.body,
      })
      expect({ ...answer, mutation: request.mutation }).toMatchObject({
        status: 403,
        body: '',
        mutation: request.mutation,
      })
    }
    expect(server.calls.offers.map(({ callSid }) => callSid)).toEqual([honest.callSid])
    expect(server.metrics.total('refusals_total')).toBe(500)
  })

  it('answers a request without a signature before its body has come', async () => {
    await using server = await startServer()
    const raw = rawConnection(server.port)
    raw.socket.write(
      `POST /twilio/voice HTTP/1.1\r\nHost: x\r\nContent-Type: ${formType}\r\nContent-Length: 1000\r\n\r\n`,
    )
    expect(await raw.closed()).toMatch(/^HTTP\/1\.1 403 [\s\S]*\r\n\r\n$/)
    expect(server.metrics.total('refusals_total', { route: 'voice', reason: 'noSignature' })).toBe(1)
  })

  it('answers 408 when the body takes longer than its deadline', async () => {
    await using server = await startServer()
    const raw = rawConnection(server.port)
    raw.socket.write(
      `POST /twilio/voice HTTP/1.1\r\nHost: x\r\nContent-Type: ${formType}\r\nContent-Length: 1000\r\n` +
        'X-Twilio-Signature: AAAA\r\nExpect: 100-continue\r\n\r\n',
    )
    // 100 Continue shows that the request has reached the server.
    await once(raw.socket, 'data')
    raw.socket.write('CallSid=')
    while (server.clock.pendingTimers() === 0) await new Promise(setImmediate)
    server.clock.advance(4_999)
    expect(raw.text()).not.toContain('408')
    server.clock.advance(1)
    expect(await raw.closed()).toContain('HTTP/1.1 408 ')
    expect(server.clock.pendingTimers()).toBe(0)
  })

  it('takes a body of 64 KiB and refuses one byte more, announced or not', async () => {
    await using server = await startServer()
    const base = voiceFields()
    const filled = (bytes: number) => [...base, ['X', 'x'.repeat(bytes - encode(base).length - 3)] as const]
    const largest = filled(65_536)
    expect(encode(largest)).toHaveLength(65_536)
    expect((await server.post('/twilio/voice', largest)).status).toBe(200)
    expect(await server.post('/twilio/voice', filled(65_537))).toMatchObject({ status: 413, body: '' })

    const raw = rawConnection(server.port)
    raw.socket.write(
      `POST /twilio/voice HTTP/1.1\r\nHost: x\r\nContent-Type: ${formType}\r\nTransfer-Encoding: chunked\r\n` +
        `X-Twilio-Signature: AAAA\r\n\r\n10001\r\n${'x'.repeat(65_537)}\r\n`,
    )
    expect(await raw.closed()).toContain('HTTP/1.1 413 ')
  })

  it('survives a peer that goes away in the middle of its body', async () => {
    await using server = await startServer()
    const raw = rawConnection(server.port)
    raw.socket.write(
      `POST /twilio/voice HTTP/1.1\r\nHost: x\r\nContent-Type: ${formType}\r\nContent-Length: 1000\r\n` +
        'X-Twilio-Signature: AAAA\r\n\r\nCallSid=',
    )
    while (server.clock.pendingTimers() === 0) await new Promise(setImmediate)
    raw.socket.resetAndDestroy()
    while (server.metrics.total('refusals_total', { route: 'voice', reason: 'aborted' }) === 0) {
      await new Promise(setImmediate)
    }
    expect(server.clock.pendingTimers()).toBe(0)
    expect((await server.post('/twilio/voice', voiceFields())).status).toBe(200)
  })

  it('refuses types that Twilio does not send', async () => {
    await using server = await startServer()
    const fields = voiceFields()
    const signature = signForm(`${publicUrl}/twilio/voice`, fields)
    const wrong = [
      { 'content-type': 'application/json' },
      { 'content-type': 'text/plain' },
      { 'content-type': 'application/x-www-form-urlencodedx' },
      { 'content-type': ';;;' },
      {},
      { 'content-type': formType, 'content-encoding': 'gzip' },
    ]
    for (const headers of wrong) {
      const answer = await server.send('/twilio/voice', {
        headers: { ...headers, 'x-twilio-signature': signature },
        body: encode(fields),
      })
      expect(answer).toMatchObject({ status: 415, body: '' })
    }
    const withCharset = await server.send('/twilio/voice', {
      headers: { 'content-type': `${formType}; charset=UTF-8`, 'x-twilio-signature': signature },
      body: encode(fields),
    })
    expect(withCharset.status).toBe(200)
  })

  it('pins the account, also for a good signature', async () => {
    await using server = await startServer()
    for (const AccountSid of [`AC${'0b'.repeat(16)}`, '', undefined]) {
      expect(await server.post('/twilio/voice', voiceFields({ AccountSid }))).toMatchObject({
        status: 403,
        body: '',
      })
    }
    expect(server.metrics.total('refusals_total', { route: 'voice', reason: 'account' })).toBe(3)
  })

  it('refuses a repeated decisive field, also with the same value and a good signature', async () => {
    await using server = await startServer()
    for (const name of ['From', 'To', 'CallSid', 'AccountSid', 'CallStatus', 'StirVerstat', 'Direction']) {
      const fields = voiceFields()
      const own = fields.find(([field]) => field === name)?.[1] ?? ''
      expect((await server.post('/twilio/voice', [...fields, [name, own]])).status).toBe(403)
      expect((await server.post('/twilio/voice', [...fields, [name, 'x']])).status).toBe(403)
    }
    expect(server.metrics.total('refusals_total', { route: 'voice', reason: 'repeatedField' })).toBe(14)
    expect(server.calls.offers).toEqual([])
  })

  it('ignores fields that it does not know, once or repeated', async () => {
    await using server = await startServer()
    const fields = [
      ...voiceFields(),
      ['Ünknown', ' a ü+%'],
      ['Tag', '1'],
      ['Tag', '2'],
      ['Tag', '2'],
    ] as const
    expect((await server.post('/twilio/voice', fields)).status).toBe(200)
  })

  it('verifies the configured URL and no header of the request', async () => {
    await using server = await startServer()
    const fields = voiceFields()
    const body = encode(fields)
    const evil = 'evil.example.org'
    const answer = await server.send('/twilio/voice', {
      headers: {
        'content-type': formType,
        host: evil,
        'x-forwarded-host': evil,
        'x-forwarded-proto': 'https',
        'x-twilio-signature': signForm(`https://${evil}/twilio/voice`, fields),
      },
      body,
    })
    expect(answer.status).toBe(403)
    const signedUrl = `${publicUrl}:443/twilio/voice`
    expect((await server.post('/twilio/voice', fields, { signedUrl })).status).toBe(200)
  })

  it('covers the query with the signature', async () => {
    await using server = await startServer()
    const fields = voiceFields({ Direction: 'outbound-api' })
    expect((await server.post('/twilio/voice?ref=one', fields)).status).toBe(200)
    const signedUrl = `${publicUrl}/twilio/voice?ref=one`
    expect((await server.post('/twilio/voice?ref=two', fields, { signedUrl })).status).toBe(403)
    expect((await server.post('/twilio/voice', fields, { signedUrl })).status).toBe(403)
    expect(server.calls.offers).toMatchObject([{ ref: 'one', direction: 'outbound' }])
  })

  it('accepts the previous token during a rotation', async () => {
    await using server = await startServer({ authTokens: ['new-token', authToken] })
    expect((await server.post('/twilio/voice', voiceFields())).status).toBe(200)
    expect((await server.post('/twilio/voice', voiceFields(), { token: 'new-token' })).status).toBe(200)
    expect((await server.post('/twilio/voice', voiceFields(), { token: 'older-token' })).status).toBe(403)
  })

  it('logs refusals without anything of the request, and not each of a flood', async () => {
    await using server = await startServer()
    for (let index = 0; index < 30; index++) {
      await server.send('/twilio/voice?secret=query', {
        headers: { 'x-twilio-signature': 'forged-signature' },
      })
    }
    expect(server.log.lines).toEqual([
      { level: 'warn', kind: 'twilioRequestRefused', name: 'voice', reason: 'contentType', count: 1 },
    ])
    server.clock.advance(10_000)
    await server.send('/twilio/voice', { headers: { 'x-twilio-signature': 'forged-signature' } })
    expect(server.log.lines[1]).toMatchObject({ reason: 'contentType', count: 30 })
  })

  it('serves no other method', async () => {
    await using server = await startServer()
    for (const method of ['GET', 'PUT', 'DELETE', 'HEAD']) {
      expect((await server.send('/twilio/voice', { method })).status).toBe(404)
    }
  })
})
