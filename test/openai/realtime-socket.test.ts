import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../../src/lib/virtual-clock.ts'
import { createRealtimeEngine } from '../../src/openai/engine.ts'
import { plantedKey, ready, RecordingOps, RecordingReceiver } from './support/recorder.ts'
import { testOptions, testRequest } from './support/recorder.ts'
import { httpAnswer, RefusingServer, ScriptedServer } from './support/scripted-server.ts'
import { errorEvent } from './support/server-events.ts'

function open(url: string) {
  const receiver = new RecordingReceiver()
  const clock = new VirtualClock()
  const ops = new RecordingOps()
  const engine = createRealtimeEngine(testOptions({ url, clock, log: ops, metrics: ops }))
  return { session: engine.open(testRequest({ receiver })), receiver, clock, ops }
}

describe('a handshake', () => {
  const refusals = [
    { status: 401, code: 'invalid_api_key', loss: { code: 'invalid_api_key', retryable: false } },
    { status: 401, code: plantedKey, loss: { code: 'http_401', retryable: false } },
    { status: 403, code: null, loss: { code: 'http_403', retryable: false } },
    { status: 404, code: 'model_not_found', loss: { code: 'model_not_found', retryable: false } },
    { status: 429, code: 'rate_limit_exceeded', loss: { code: 'http_429', retryable: true } },
    { status: 429, code: 'insufficient_quota', loss: { code: 'insufficient_quota', retryable: false } },
    { status: 500, code: null, loss: { code: 'http_500', retryable: true } },
    { status: 503, code: 'server_error', loss: { code: 'http_503', retryable: true } },
    { status: 302, code: null, loss: { code: 'http_302', retryable: false } },
  ]
  for (const { status, code, loss } of refusals) {
    it(`answered with ${status} ${code ? loss.code : ''} is a refusal that shows no key`, async () => {
      await using server = await RefusingServer.start((headers) =>
        httpAnswer(status, {
          error: { code, message: `Incorrect API key provided: ${String(headers.authorization)}` },
        }),
      )
      const { receiver, ops, clock } = open(server.url)
      const lost = await receiver.next('sessionLost')
      expect(lost.loss).toEqual({ reason: 'refused', ...loss })
      expect((await server.asked).authorization).toBe(`Bearer ${plantedKey}`)
      expect(inspect([lost, ops], { depth: 20, showHidden: true })).not.toContain('PLANTED')
      expect(clock.pendingTimers()).toBe(0)
    })
  }

  it('refused with an endless body is still a refusal', async () => {
    await using server = await RefusingServer.start(
      () => `HTTP/1.1 500 No\r\nContent-Length: 9000000\r\n\r\n${'x'.repeat(70_000)}`,
    )
    const { receiver } = open(server.url)
    expect((await receiver.next('sessionLost')).loss).toEqual({
      reason: 'refused',
      code: 'http_500',
      retryable: true,
    })
  })

  it('never answered ends at its deadline', async () => {
    await using server = await RefusingServer.start()
    const { receiver, clock, session } = open(server.url)
    await server.asked
    clock.advance(2_499)
    expect(receiver.events).toEqual([])
    clock.advance(1)
    expect(receiver.told()).toEqual([
      { kind: 'sessionLost', loss: { reason: 'handshakeTimeout', retryable: true }, atMs: undefined },
    ])
    expect(session.append(new Uint8Array(960))).toBe(false)
    expect(clock.pendingTimers()).toBe(0)
  })

  it('to a port where nobody listens is a refusal worth another try', async () => {
    const server = await ScriptedServer.start()
    await server[Symbol.asyncDispose]()
    const { receiver } = open(server.url)
    expect((await receiver.next('sessionLost')).loss).toEqual({
      reason: 'refused',
      code: 'ECONNREFUSED',
      retryable: true,
    })
  })

  it('answered with garbage is a refusal worth another try', async () => {
    await using server = await RefusingServer.start(() => 'SSH-2.0-OpenSSH_9.2\r\n')
    const { receiver } = open(server.url)
    expect((await receiver.next('sessionLost')).loss).toMatchObject({ reason: 'refused', retryable: true })
  })

  it('given up by close() tells nothing', async () => {
    await using server = await RefusingServer.start()
    const { session, receiver, clock } = open(server.url)
    await server.asked
    session.close('callerHungUp')
    clock.advance(10_000)
    expect(receiver.events).toEqual([])
    expect(clock.pendingTimers()).toBe(0)
  })
})

describe('a running session', () => {
  const closures = [
    {
      code: 1001,
      reason: 'Your session hit the maximum duration of 60 minutes.',
      loss: { reason: 'expired', code: 'close_1001', retryable: true },
    },
    { code: 1000, reason: '', loss: { reason: 'closed', code: 'close_1000', retryable: true } },
    { code: 1011, reason: 'oops', loss: { reason: 'closed', code: 'close_1011', retryable: true } },
    {
      code: 4000,
      reason: 'invalid_request_error.beta_api_shape_disabled',
      loss: { reason: 'fatalError', code: 'beta_api_shape_disabled', retryable: false },
    },
    {
      code: 4000,
      reason: 'invalid_request_error.session_expired',
      loss: { reason: 'expired', code: 'session_expired', retryable: true },
    },
    {
      code: 4000,
      reason: 'server_error.internal',
      loss: { reason: 'fatalError', code: 'internal', retryable: true },
    },
    {
      code: 4000,
      reason: plantedKey,
      loss: { reason: 'fatalError', code: 'unrecognised', retryable: false },
    },
  ]
  for (const { code, reason, loss } of closures) {
    it(`closed with ${code} ${loss.code} is lost once`, async () => {
      await using server = await ScriptedServer.start()
      const { peer, receiver, clock, ops } = await ready(server)
      peer.socket.close(code, reason)
      expect((await receiver.next('sessionLost')).loss).toEqual(loss)
      await peer.closed
      expect(receiver.kinds()).toEqual(['sessionReady', 'sessionLost'])
      expect(clock.pendingTimers()).toBe(0)
      expect(ops.gauges.get('realtime_sessions_live')).toBe(0)
    })
  }

  it('cut off without a word is lost as 1006', async () => {
    await using server = await ScriptedServer.start()
    const { peer, receiver } = await ready(server)
    peer.socket.terminate()
    expect((await receiver.next('sessionLost')).loss).toEqual({
      reason: 'closed',
      code: 'close_1006',
      retryable: true,
    })
  })

  it('told of a fatal error and then closed is lost once, for the error', async () => {
    await using server = await ScriptedServer.start()
    const { peer, receiver } = await ready(server)
    peer.send(errorEvent({ code: 'insufficient_quota' }))
    peer.socket.close(4000, 'invalid_request_error.insufficient_quota')
    expect((await receiver.next('sessionLost')).loss).toEqual({
      reason: 'fatalError',
      code: 'insufficient_quota',
      retryable: false,
    })
    await peer.closed
    expect(receiver.kinds()).toEqual(['sessionReady', 'sessionLost'])
  })

  it('sent a frame of 2 MiB is lost, closes with 1009 and leaves the process alive', async () => {
    await using server = await ScriptedServer.start()
    const { peer, receiver, clock } = await ready(server)
    peer.send('x'.repeat(2 * 1024 * 1024))
    expect((await receiver.next('sessionLost')).loss).toEqual({
      reason: 'closed',
      code: 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH',
      retryable: true,
    })
    expect((await peer.closed).code).toBe(1009)
    clock.advance(2_000)
    expect(clock.pendingTimers()).toBe(0)
  })

  it('sent frames that are no websocket frames is lost', async () => {
    await using server = await ScriptedServer.start()
    const { peer, receiver } = await ready(server)
    peer.raw.write(Buffer.from('ffffffffffff', 'hex'))
    expect((await receiver.next('sessionLost')).loss).toMatchObject({ reason: 'closed', retryable: true })
  })

  it('whose peer answers no ping is lost after two intervals, and not while it shows life', async () => {
    await using server = await ScriptedServer.start({ answerPings: false })
    const { peer, receiver, clock } = await ready(server)
    clock.advance(5_000)
    peer.send({ type: 'rate_limits.updated', event_id: 'e', rate_limits: [] })
    await peer.settled()
    clock.advance(5_000)
    expect(receiver.kinds()).toEqual(['sessionReady'])
    clock.advance(4_999)
    expect(receiver.kinds()).toEqual(['sessionReady'])
    clock.advance(1)
    expect(receiver.events.at(-1)).toMatchObject({
      kind: 'sessionLost',
      loss: { reason: 'unresponsive', retryable: true },
    })
    expect((await peer.closed).code).toBe(1006)
    expect(clock.pendingTimers()).toBe(0)
  })

  it('whose peer answers pings lives for an hour', async () => {
    await using server = await ScriptedServer.start()
    const { peer, receiver, clock } = await ready(server)
    for (let ping = 0; ping < 20; ping++) {
      const answered = new Promise((resolve) => peer.socket.once('ping', resolve))
      clock.advance(5_000)
      await answered
      await peer.settled()
    }
    expect(receiver.kinds()).toEqual(['sessionReady'])
  })

  it('whose goodbye is not answered is cut after two seconds', async () => {
    await using server = await ScriptedServer.start()
    const { session, peer, clock } = await ready(server)
    peer.socket.pause()
    session.close('callerHungUp')
    expect(clock.pendingTimers()).toBe(1)
    clock.advance(2_000)
    expect(clock.pendingTimers()).toBe(0)
    peer.socket.resume()
    await peer.closed
  })
})
