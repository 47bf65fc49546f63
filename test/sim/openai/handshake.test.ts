import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { VirtualClock } from '../../../src/lib/virtual-clock.ts'
import type { FakeOpenAi } from '../../../src/sim/openai/fake-openai.ts'
import { Client, KEY, start } from './socket-client.ts'

/** The status and body of an upgrade that is refused. */
async function refusal(
  fake: FakeOpenAi,
  query: string,
  headers: Record<string, string>,
): Promise<[number, unknown]> {
  const socket = new WebSocket(`${fake.realtimeUrl}${query}`, { headers })
  socket.on('error', () => undefined)
  const [, message] = (await once(socket, 'unexpected-response')) as [
    unknown,
    AsyncIterable<Buffer> & { statusCode: number },
  ]
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk)
  socket.terminate()
  const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as { error: { code: unknown } }
  return [message.statusCode, body.error.code]
}

describe('startFakeOpenAi(), handshake', () => {
  const bearer = { Authorization: `Bearer ${KEY}` }

  it.each([
    ['no key', '?model=gpt-realtime-2.1', {}, 401, 'invalid_api_key'],
    ['a wrong key', '?model=gpt-realtime-2.1', { Authorization: 'Bearer sk-other' }, 401, 'invalid_api_key'],
    ['an unknown model', '?model=gpt-9', bearer, 404, 'model_not_found'],
    ['a retired model', '?model=gpt-4o-realtime-preview', bearer, 404, 'model_not_found'],
    ['a model of another endpoint', '?model=gpt-6-luna', bearer, 404, 'model_not_found'],
    ['no parameter', '', bearer, 400, 'invalid_request'],
    ['two parameters', '?model=gpt-realtime-2.1&intent=transcription', bearer, 400, 'invalid_request'],
    ['a stale call', '?call_id=rtc_1', bearer, 404, 'call_id_not_found'],
    ['an unknown intent', '?intent=translation', bearer, 400, 'invalid_value'],
  ])('refuses %s over plain HTTP', async (...[, query, headers, status, code]) => {
    await using fake = await start()
    expect(await refusal(fake, query, { ...headers })).toEqual([status, code])
    expect(fake.refusedHandshakes).toEqual([{ status, code }])
    expect(fake.sessions).toEqual([])
  })

  it('lets a model die on its day', async () => {
    await using fake = await start({ clock: new VirtualClock(Date.UTC(2027, 0, 20)) })
    expect(await refusal(fake, '?model=gpt-realtime', bearer)).toEqual([404, 'model_not_found'])
  })

  it.each([
    ['429', 429, 'rate_limit_exceeded'],
    ['503', 503, 'server_error'],
  ] as const)(
    'refuses with %s when the script says so, the first session only',
    async (status, expected, code) => {
      const script = {
        hears: [],
        replies: [],
        faults: [{ kind: 'refuseHandshake' as const, session: 1, status }],
      }
      await using fake = await start({ scriptFor: () => script })
      const headers = { 'OpenAI-Safety-Identifier': 'caller-1' }
      expect(await refusal(fake, '?model=gpt-realtime-2.1', { ...bearer, ...headers })).toEqual([
        expected,
        code,
      ])
      await using second = new Client(fake, undefined, headers)
      await second.until('session.created')
    },
  )

  it('opens, then refuses the dead dialect and closes 4000', async () => {
    await using fake = await start()
    await using client = new Client(fake, undefined, { 'OpenAI-Beta': 'realtime=v1' })
    expect(await client.closed).toEqual({
      code: 4000,
      reason: 'invalid_request_error.beta_api_shape_disabled',
    })
    expect(client.events.map((event) => event.type)).toEqual(['error'])
    expect(fake.sessions[0]?.refused).toMatchObject([{ code: 'beta_api_shape_disabled' }])
  })

  it('answers after the delay of the script', async () => {
    const clock = new VirtualClock()
    await using fake = await start({ clock, scriptFor: () => ({ hears: [], replies: [], handshakeMs: 300 }) })
    await using client = new Client(fake)
    while (clock.pendingTimers() === 0) await new Promise((resolve) => setImmediate(resolve))
    expect(clock.nextDelayMs()).toBe(300)
    expect(client.socket.readyState).toBe(WebSocket.CONNECTING)
    clock.advance(300)
    await client.until('session.created')
  })

  it('opens a transcription session for its intent, and takes a key from the subprotocol', async () => {
    await using fake = await start()
    await using client = new Client(fake, '?intent=transcription')
    expect((await client.until('session.created')).session.type).toBe('transcription')
    const browser = new WebSocket(`${fake.realtimeUrl}?model=gpt-realtime`, [
      'realtime',
      `openai-insecure-api-key.${KEY}`,
    ])
    await once(browser, 'message')
    expect(browser.protocol).toBe('realtime')
    browser.terminate()
    await once(browser, 'close')
  })
})
