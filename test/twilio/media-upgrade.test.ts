import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { isMediaUpgrade } from '../../src/twilio/media-upgrade.ts'
import { authToken, newCallSid } from './support/names.ts'
import { FakeStream, mediaUrl, signUpgrade, upgrade } from './support/fake-stream.ts'
import { voiceFields } from './support/forms.ts'
import { startServer } from './support/server.ts'
import type { TestServer } from './support/server.ts'

const path = (nonce: string) => `/twilio/media/${nonce}`

/** Asks for an upgrade with exactly these headers and `:method`; answers all that the server says until it closes. */
async function rawUpgrade(
  server: TestServer,
  target: string,
  headers: Record<string, string>,
): Promise<string> {
  const { ':method': method = 'GET', ...fields } = headers
  const socket = connect(server.port, '127.0.0.1')
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  socket.on('error', () => undefined)
  const lines = Object.entries({ Host: 'x', Connection: 'Upgrade', Upgrade: 'websocket', ...fields })
  socket.write(
    `${method} ${target} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`,
  )
  await once(socket, 'close')
  return Buffer.concat(chunks).toString()
}

function refused(server: TestServer, reason: string): number {
  return server.metrics.total('refusals_total', { route: 'media', reason })
}

describe('GET /twilio/media/{nonce}', () => {
  it('opens a socket for a fresh nonce and a signature over its URL, in every spelling that Twilio may sign', async () => {
    await using server = await startServer()
    const spellings: ((url: string) => string)[] = [
      (url) => url,
      (url) => `${url}/`,
      (url) => url.replace('.org/', '.org:443/'),
    ]
    for (const spelled of spellings) {
      const nonce = await server.ring()
      const socket = await upgrade(server, path(nonce), signUpgrade(spelled(mediaUrl(nonce))))
      expect(socket).toBeInstanceOf(WebSocket)
    }
    expect(server.metrics.gauges.get('media_sockets_pending')).toBe(3)
  })

  it('refuses a wrong, missing or foreign signature with 403, and burns no nonce by it', async () => {
    await using server = await startServer()
    const nonce = await server.ring()
    const other = await server.ring()
    const url = mediaUrl(nonce)
    const wrong = [
      undefined,
      '',
      'AAAA',
      signUpgrade(url, 'wrong-token'),
      signUpgrade(url, ''),
      signUpgrade(url.replace('wss', 'https')),
      signUpgrade(`${url}?a=b`),
      signUpgrade(mediaUrl(other)),
      signUpgrade(url).toLowerCase(),
    ]
    for (const signature of wrong) expect(await upgrade(server, path(nonce), signature)).toBe(403)
    expect(server.calls.claims).toBe(0)
    expect(await upgrade(server, path(nonce), signUpgrade(url))).toBeInstanceOf(WebSocket)
  })

  it('refuses a captured upgrade the second time', async () => {
    await using server = await startServer()
    const nonce = await server.ring()
    const signature = signUpgrade(mediaUrl(nonce))
    expect(await upgrade(server, path(nonce), signature)).toBeInstanceOf(WebSocket)
    for (let again = 0; again < 20; again++) {
      expect(await upgrade(server, path(nonce), signature)).toBe(403)
    }
    expect(refused(server, 'nonceUsed')).toBe(20)
    // Neither storage nor a place among those that may be open is asked for.
    expect(server.calls.claims).toBe(1)
  })

  it('lets one of two upgrades with the same nonce through', async () => {
    await using server = await startServer()
    const nonce = await server.ring()
    const signature = signUpgrade(mediaUrl(nonce))
    const both = await Promise.all([
      upgrade(server, path(nonce), signature),
      upgrade(server, path(nonce), signature),
    ])
    expect(both.filter((answer) => answer === 403)).toHaveLength(1)
  })

  it('refuses a nonce that is unknown, expired, or of a call that is over', async () => {
    await using server = await startServer()
    const unknown = 'A'.repeat(22)
    expect(await upgrade(server, path(unknown), signUpgrade(mediaUrl(unknown)))).toBe(403)
    expect(refused(server, 'nonceUnknown')).toBe(1)

    const fields = voiceFields({ CallSid: newCallSid() })
    const over = await server.ring(fields)
    server.calls.end(fields.find(([name]) => name === 'CallSid')?.[1] ?? '')
    expect(await upgrade(server, path(over), signUpgrade(mediaUrl(over)))).toBe(403)
    expect(refused(server, 'callOver')).toBe(1)

    const expired = await server.ring()
    server.clock.advance(60_000)
    expect(await upgrade(server, path(expired), signUpgrade(mediaUrl(expired)))).toBe(403)
    expect(refused(server, 'nonceExpired')).toBe(1)
    expect(server.metrics.gauges.get('media_sockets_pending')).toBe(0)
  })

  it('refuses every other target below its path, signed or not', async () => {
    await using server = await startServer()
    const nonce = await server.ring()
    const targets = [
      `${path(nonce)}?a=b`,
      `${path(nonce)}?`,
      `${path(nonce)}/`,
      `${path(nonce)}x`,
      path(nonce.slice(1)),
      `${path(nonce.slice(1))}%41`,
      path('../media/x'),
      path(''),
      path('%ff'),
      path('a'.repeat(5_000)),
    ]
    for (const target of targets) {
      const headers = {
        'X-Twilio-Signature': signUpgrade(`wss://voice.example.org${target}`),
        'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
      }
      expect(await rawUpgrade(server, target, headers)).toMatch(/^HTTP\/1\.1 403 [\s\S]*\r\n\r\n$/)
    }
    expect(server.calls.claims).toBe(0)
    expect(refused(server, 'target')).toBe(targets.length)
  })

  it('refuses a handshake that could not be completed before it takes the nonce', async () => {
    await using server = await startServer()
    const nonce = await server.ring()
    const good = {
      'X-Twilio-Signature': signUpgrade(mediaUrl(nonce)),
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    }
    const { 'Sec-WebSocket-Key': _key, ...withoutKey } = good
    const wrong = [
      withoutKey,
      { ...good, 'Sec-WebSocket-Key': 'short' },
      { ...good, 'Sec-WebSocket-Version': '12' },
      { ...good, Upgrade: 'h2c' },
      { ...good, 'Sec-WebSocket-Protocol': 'a,,b' },
    ]
    for (const headers of wrong) {
      expect(await rawUpgrade(server, path(nonce), headers)).toMatch(/^HTTP\/1\.1 403 [\s\S]*\r\n\r\n$/)
    }
    expect(await rawUpgrade(server, path(nonce), { ...good, ':method': 'POST' })).toMatch(/^HTTP\/1\.1 403 /)
    expect(await rawUpgrade(server, path(nonce), { ...good, ':method': 'HEAD' })).toMatch(/^HTTP\/1\.1 403 /)
    expect(server.calls.claims).toBe(0)
    expect(await upgrade(server, path(nonce), signUpgrade(mediaUrl(nonce)))).toBeInstanceOf(WebSocket)
  })

  it('answers 404 and burns nothing when no upgrade is asked for', async () => {
    await using server = await startServer()
    const nonce = await server.ring()
    const headers = { 'x-twilio-signature': signUpgrade(mediaUrl(nonce)) }
    for (const method of ['GET', 'HEAD', 'POST']) {
      expect((await server.send(path(nonce), { method, headers })).status).toBe(404)
    }
    expect(server.calls.claims).toBe(0)
  })

  it('answers 404 to an upgrade of any other route and closes the connection', async () => {
    await using server = await startServer()
    const headers = { 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==' }
    for (const target of ['/healthz', '/nowhere', '/twilio/voice', '/', '*']) {
      expect(await rawUpgrade(server, target, headers)).toMatch(/^HTTP\/1\.1 404 [\s\S]*\r\n\r\n$/)
    }
  })

  it('lets other routes answer requests that offer an upgrade, where the server asks isMediaUpgrade()', async () => {
    await using server = await startServer({}, { shouldUpgradeCallback: isMediaUpgrade })
    const headers = { connection: 'upgrade', upgrade: 'h2c' }
    expect(await server.send('/healthz', { method: 'GET', headers })).toMatchObject({
      status: 200,
      body: '{"ok":true}',
    })
    const nonce = await server.ring()
    expect(await upgrade(server, path(nonce), signUpgrade(mediaUrl(nonce)))).toBeInstanceOf(WebSocket)
    expect(await upgrade(server, '/healthz', signUpgrade(mediaUrl(nonce)))).toBe(200)
  })

  it('answers 503 when too many sockets wait for their start, and takes the next when one is gone', async () => {
    await using server = await startServer({ limits: { maxPendingSockets: 2, maxSockets: 3 } })
    const first = await FakeStream.open(server)
    await FakeStream.open(server)
    const nonce = await server.ring()
    const signature = signUpgrade(mediaUrl(nonce))
    expect(await upgrade(server, path(nonce), signature)).toBe(503)
    expect(server.calls.claims).toBe(2)
    first.socket.terminate()
    while (server.metrics.gauges.get('media_sockets_pending') === 2) await new Promise(setImmediate)
    expect(await upgrade(server, path(nonce), signature)).toBeInstanceOf(WebSocket)
  })

  it('answers 503 when there are too many sockets in all', async () => {
    await using server = await startServer({ limits: { maxPendingSockets: 5, maxSockets: 2 } })
    const first = await FakeStream.start(server)
    await FakeStream.start(server)
    const gauges = server.metrics.gauges
    expect([gauges.get('media_sockets_pending'), gauges.get('media_sockets_live')]).toEqual([0, 2])
    const nonce = await server.ring()
    const signature = signUpgrade(mediaUrl(nonce))
    expect(await upgrade(server, path(nonce), signature)).toBe(503)
    expect(refused(server, 'full')).toBe(1)
    first.socket.terminate()
    while (gauges.get('media_sockets_live') === 2) await new Promise(setImmediate)
    expect(await upgrade(server, path(nonce), signature)).toBeInstanceOf(WebSocket)
  })

  it('gives the place back when the peer goes away while the nonce is looked up', async () => {
    await using server = await startServer()
    const gate = Promise.withResolvers<void>()
    server.calls.claimGate = gate.promise
    const nonce = await server.ring()
    const socket = connect(server.port, '127.0.0.1')
    socket.on('error', () => undefined)
    socket.write(
      `GET ${path(nonce)} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n' +
        `X-Twilio-Signature: ${signUpgrade(mediaUrl(nonce))}\r\n\r\n`,
    )
    while (server.calls.claims === 0) await new Promise(setImmediate)
    expect(server.metrics.gauges.get('media_sockets_pending')).toBe(1)
    socket.resetAndDestroy()
    while (server.metrics.gauges.get('media_sockets_pending') === 1) await new Promise(setImmediate)
    gate.resolve()
    while (server.clock.pendingTimers() > 0) await new Promise(setImmediate)
    expect(server.calls.streams).toEqual([])
  })

  it('answers 503 when the nonce is not looked up in time', async () => {
    await using server = await startServer()
    server.calls.claimGate = new Promise(() => undefined)
    const nonce = await server.ring()
    const answer = upgrade(server, path(nonce), signUpgrade(mediaUrl(nonce)))
    while (server.calls.claims === 0) await new Promise(setImmediate)
    server.clock.advance(5_000)
    expect(await answer).toBe(503)
    expect(server.metrics.gauges.get('media_sockets_pending')).toBe(0)
  })

  it('answers 500 with an empty body when the look-up fails, and gives the place back', async () => {
    await using server = await startServer()
    const nonce = await server.ring()
    server.calls.claimNonce = () => Promise.reject(new Error('no storage'))
    expect(await upgrade(server, path(nonce), signUpgrade(mediaUrl(nonce)))).toBe(500)
    while (server.metrics.gauges.get('media_sockets_pending') !== 0) await new Promise(setImmediate)
    expect(server.clock.pendingTimers()).toBe(0)
  })

  it('accepts the token before during a rotation', async () => {
    await using server = await startServer({ authTokens: ['new-token', authToken] })
    const first = await server.ring()
    const second = await server.ring()
    expect(await upgrade(server, path(first), signUpgrade(mediaUrl(first)))).toBeInstanceOf(WebSocket)
    expect(await upgrade(server, path(second), signUpgrade(mediaUrl(second), 'new-token'))).toBeInstanceOf(
      WebSocket,
    )
  })

  it('ends every stream with shutdown and 1001 when the server closes, and refuses new ones', async () => {
    const server = await startServer()
    const stream = await FakeStream.start(server)
    const opened = await FakeStream.open(server)
    await server.app.close()
    expect(await stream.closed).toEqual({ code: 1001, reason: 'shutting down' })
    expect(await opened.closed).toMatchObject({ code: 1001 })
    expect(server.calls.stream().endReasons()).toEqual(['shutdown'])
    expect(server.clock.pendingTimers()).toBe(0)
  })
})

describe('twilioPlugin()', () => {
  it('refuses an empty token, an address that is no https origin, and a small scratch at once', async () => {
    await expect(startServer({ authTokens: [''] })).rejects.toThrow('TWILIO_AUTH_TOKEN is empty')
    await expect(startServer({ publicUrl: 'http://voice.example.org' })).rejects.toThrow('PUBLIC_URL')
    await expect(startServer({ scratch: Buffer.alloc(160) })).rejects.toThrow('160 bytes is below 8000')
  })
})
