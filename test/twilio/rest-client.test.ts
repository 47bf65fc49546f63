import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import twilio from 'twilio'
import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../../src/lib/virtual-clock.ts'
import { asTwilioError, TwilioRest } from '../../src/twilio/rest-client.ts'
import { TwilioError } from '../../src/twilio/twilio-error.ts'
import { accountSid, authToken, newCallSid, ownerNumber } from './support/names.ts'

type Seen = {
  readonly method: string
  readonly url: string
  readonly authorization: string
  readonly body: string
}
type Respond = (request: IncomingMessage, response: ServerResponse) => void

/** A server in Twilio's place that records requests and answers as it is told. */
async function startApi(respond: Respond) {
  const seen: Seen[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      seen.push({
        method: request.method ?? '',
        url: request.url ?? '',
        authorization: request.headers.authorization ?? '',
        body: Buffer.concat(chunks).toString(),
      })
      respond(request, response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const clock = new VirtualClock()
  const apiBaseUrl = `http://127.0.0.1:${port}/some/prefix/`
  return {
    seen,
    clock,
    apiBaseUrl,
    rest: new TwilioRest({ accountSid, authToken, apiBaseUrl, clock }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function answer(status: number, body: unknown): Respond {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  }
}

const callSid = newCallSid()
const never = new AbortController().signal

describe('TwilioRest.standing()', () => {
  it('answers how the call stands, and how long it was when it is over', async () => {
    await using live = await startApi(answer(200, { sid: callSid, status: 'in-progress', duration: null }))
    expect(await live.rest.standing(callSid)).toEqual({ kind: 'known', status: 'in-progress' })
    expect(live.seen).toMatchObject([
      { method: 'GET', url: `/some/prefix/2010-04-01/Accounts/${accountSid}/Calls/${callSid}.json` },
    ])
    await using over = await startApi(answer(200, { sid: callSid, status: 'no-answer', duration: '0' }))
    expect(await over.rest.standing(callSid)).toEqual({
      kind: 'known',
      status: 'no-answer',
      durationSeconds: 0,
    })
    await using newer = await startApi(answer(200, { sid: callSid, status: 'levitating' }))
    expect(await newer.rest.standing(callSid)).toEqual({ kind: 'known', status: 'unknown' })
  })

  it('tells a call that is not known from a question that was not answered', async () => {
    await using unknown = await startApi(answer(404, { code: 20404, message: 'x', status: 404 }))
    expect(await unknown.rest.standing(callSid)).toEqual({ kind: 'noSuchCall' })
    await using refusing = await startApi(answer(401, { code: 20003, message: 'x', status: 401 }))
    expect(await refusing.rest.standing(callSid)).toMatchObject({ kind: 'failed', code: '20003' })
    await using failing = await startApi(answer(503, '<html>'))
    expect(await failing.rest.standing(callSid)).toMatchObject({ kind: 'failed', code: '503' })
  })

  it('does not wait longer than its deadline, or its signal', async () => {
    const { promise: asked, resolve: onAsked } = Promise.withResolvers<void>()
    await using silent = await startApi(() => onAsked())
    const late = silent.rest.standing(callSid)
    await asked
    silent.clock.advance(8_000)
    expect(await late).toMatchObject({ kind: 'failed', code: 'timeout' })
    expect(await silent.rest.standing(callSid, AbortSignal.abort())).toMatchObject({ code: 'aborted' })
  })
})

describe('TwilioRest.hangUp()', () => {
  it('completes the call at the configured base, with the prefix and the credentials', async () => {
    await using api = await startApi(answer(200, { sid: callSid, status: 'completed' }))
    expect(await api.rest.hangUp(callSid)).toEqual({ ok: true })
    expect(api.seen).toEqual([
      {
        method: 'POST',
        url: `/some/prefix/2010-04-01/Accounts/${accountSid}/Calls/${callSid}.json`,
        authorization: `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`,
        body: 'Status=completed',
      },
    ])
    expect(api.clock.pendingTimers()).toBe(0)
  })

  it('tells that the network keeps an opt-out of whoever a text is for, and of no other refusal', async () => {
    const text = { from: '+14155550100', to: '+14155550123', body: 'Hello' }
    await using optedOut = await startApi(answer(400, { code: 21610, message: 'x', status: 400 }))
    expect(await optedOut.rest.sendText(text)).toMatchObject({ ok: false, code: '21610', isOptedOut: true })
    await using landline = await startApi(answer(400, { code: 21614, message: 'x', status: 400 }))
    expect(await landline.rest.sendText(text)).not.toHaveProperty('isOptedOut')
  })

  it('counts a call that is over already as ended', async () => {
    const over = [
      [400, 21220],
      [404, 20404],
    ] as const
    for (const [status, code] of over) {
      await using api = await startApi(answer(status, { code, message: 'text', status }))
      expect(await api.rest.hangUp(callSid)).toEqual({ ok: true })
    }
  })

  it('answers a refusal with its code and our sentence, not ambiguous', async () => {
    await using api = await startApi(answer(401, { code: 20003, message: `No ${ownerNumber}`, status: 401 }))
    expect(await api.rest.hangUp(callSid)).toEqual({
      ok: false,
      code: '20003',
      sentence:
        'Check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN: Twilio refused them, or the account is closed or suspended',
      ambiguous: false,
    })
  })

  it('answers a code that it does not know, or none, with the status', async () => {
    await using unknown = await startApi(answer(400, { code: 99999, message: 'x' }))
    expect(await unknown.rest.hangUp(callSid)).toMatchObject({
      code: '99999',
      sentence: 'Twilio refused the request with HTTP status 400',
      ambiguous: false,
    })
    await using none = await startApi(answer(403, '<html>'))
    expect(await none.rest.hangUp(callSid)).toMatchObject({ code: '403', ambiguous: false })
    await using problem = await startApi(
      answer(400, { type: 'https://x', title: 'Secret title', status: 400, code: 20001 }),
    )
    expect(await problem.rest.hangUp(callSid)).toMatchObject({ code: '20001', ambiguous: false })
  })

  it('leaves it open after a 5xx, a reset and an answer that is no JSON', async () => {
    await using failing = await startApi(answer(500, '<html>'))
    expect(await failing.rest.hangUp(callSid)).toMatchObject({
      ok: false,
      code: '500',
      sentence: 'Twilio failed with HTTP status 500',
      ambiguous: true,
    })
    await using resetting = await startApi((request) => request.socket.resetAndDestroy())
    expect(await resetting.rest.hangUp(callSid)).toMatchObject({ code: 'ECONNRESET', ambiguous: true })
  })

  it('knows that nothing was sent when the connection is refused', async () => {
    const api = await startApi(answer(200, {}))
    await api[Symbol.asyncDispose]()
    expect(await api.rest.hangUp(callSid)).toMatchObject({ code: 'ECONNREFUSED', ambiguous: false })
  })

  it('waits no longer than its time, and leaves it open', async () => {
    const arrived = Promise.withResolvers<void>()
    await using api = await startApi(() => arrived.resolve())
    const outcome = api.rest.hangUp(callSid)
    await arrived.promise
    api.clock.advance(8_000)
    expect(await outcome).toEqual({
      ok: false,
      code: 'timeout',
      sentence: 'Twilio did not answer in time',
      ambiguous: true,
    })
  })

  it('stops waiting with its signal, and sends nothing when that has fired before', async () => {
    const arrived = Promise.withResolvers<void>()
    await using api = await startApi(() => arrived.resolve())
    const controller = new AbortController()
    const outcome = api.rest.hangUp(callSid, controller.signal)
    await arrived.promise
    controller.abort()
    expect(await outcome).toMatchObject({ code: 'aborted', ambiguous: true })
    expect(await api.rest.hangUp(callSid, controller.signal)).toMatchObject({
      code: 'aborted',
      ambiguous: false,
    })
    expect(api.seen).toHaveLength(1)
    expect(api.clock.pendingTimers()).toBe(0)
  })

  it('tries again after 429, which Twilio has not processed', async () => {
    let count = 0
    await using api = await startApi((request, response) => {
      count += 1
      answer(count < 3 ? 429 : 200, count < 3 ? { code: 20429 } : { sid: callSid })(request, response)
    })
    expect(await api.rest.hangUp(callSid)).toEqual({ ok: true })
    expect(api.seen).toHaveLength(3)
  })
})

describe('TwilioRest.deleteRecording()', () => {
  const recordingSid = `RE${'0a'.repeat(16)}`

  it('deletes it, and counts one that is not there as deleted', async () => {
    await using api = await startApi((_request, response) => void response.writeHead(204).end())
    expect(await api.rest.deleteRecording(recordingSid, never)).toEqual({ ok: true })
    const url = `/some/prefix/2010-04-01/Accounts/${accountSid}/Recordings/${recordingSid}.json`
    expect(api.seen).toMatchObject([{ method: 'DELETE', url, body: '' }])
    await using gone = await startApi(answer(404, { code: 20404, message: 'x', status: 404 }))
    expect(await gone.rest.deleteRecording(recordingSid, never)).toEqual({ ok: true })
  })

  it('answers why it may be there still', async () => {
    await using refusing = await startApi(answer(401, { code: 20003, message: 'x', status: 401 }))
    expect(await refusing.rest.deleteRecording(recordingSid, never)).toMatchObject({ code: '20003' })
    await using failing = await startApi(answer(503, '<html>'))
    expect(await failing.rest.deleteRecording(recordingSid, never)).toMatchObject({ ok: false, code: '503' })
    // Of a proxy, or of an address that is not Twilio's.
    await using elsewhere = await startApi(answer(404, '<html>'))
    expect(await elsewhere.rest.deleteRecording(recordingSid, never)).toMatchObject({
      ok: false,
      code: '404',
    })
  })
})

function shown(error: unknown): string {
  return [
    inspect(error, { depth: Infinity, showHidden: true, getters: true }),
    JSON.stringify(error),
    JSON.stringify(error, Object.getOwnPropertyNames(error)),
    String(error),
  ].join('\n')
}

/** What the SDK throws for a text message that cannot be sent. */
async function thrownBySdk(apiBaseUrl: string): Promise<unknown> {
  class LocalClient extends twilio.RequestClient {
    override request: InstanceType<typeof twilio.RequestClient>['request'] = (request) =>
      super.request({ ...request, uri: request.uri.replace('https://api.twilio.com', apiBaseUrl) })
  }
  const client = twilio(accountSid, authToken, { httpClient: new LocalClient(), env: {} })
  try {
    await client.messages.create({ to: ownerNumber, from: ownerNumber, body: 'very private' })
  } catch (error) {
    return error
  }
  throw new Error('The request did not fail')
}

describe('asTwilioError()', () => {
  const secrets = [
    authToken,
    Buffer.from(`${accountSid}:${authToken}`).toString('base64'),
    ownerNumber.slice(1),
    'very private',
  ]

  it('keeps no secret of a network error that shows all of them', async () => {
    await using api = await startApi((request) => request.socket.resetAndDestroy())
    const thrown = await thrownBySdk(api.apiBaseUrl)
    const plain = shown(thrown)
    expect(secrets.some((secret) => plain.includes(secret))).toBe(true)
    const wrapped = asTwilioError(thrown)
    expect(wrapped).toBeInstanceOf(TwilioError)
    expect(wrapped).toMatchObject({ code: 'ECONNRESET', ambiguous: true })
    for (const secret of secrets) expect(shown(wrapped)).not.toContain(secret)
  })

  it("keeps no text of Twilio's answer, which may quote what was sent", async () => {
    await using api = await startApi(
      answer(400, { code: 21211, message: `'To' ${ownerNumber} very private`, details: { authToken } }),
    )
    const wrapped = asTwilioError(await thrownBySdk(api.apiBaseUrl))
    expect(wrapped).toMatchObject({ code: '21211', status: 400, ambiguous: false })
    for (const secret of secrets) expect(shown(wrapped)).not.toContain(secret)
  })

  it('takes no text for a code, and passes its own error on', () => {
    expect(asTwilioError({ code: 'very private' }).code).toBe('failed')
    expect(asTwilioError(new Error(`Basic ${authToken}`))).toMatchObject({ code: 'failed', ambiguous: true })
    expect(asTwilioError('very private').message).not.toContain('private')
    expect(asTwilioError(undefined).code).toBe('failed')
    const own = new TwilioError({ code: 'x', sentence: 'Y' })
    expect(asTwilioError(own)).toBe(own)
  })
})
