import type { AddressInfo } from 'node:net'
import { createServer } from 'node:http'
import twilio from 'twilio'
import { describe, expect, it } from 'vitest'
import type { WebSocket } from 'ws'
import { WebSocketServer } from 'ws'
import { systemClock } from '../../../src/lib/clock.ts'
import type { CallerScriptInput } from '../../../src/sim/caller/script.ts'
import type { TwilioLogEntry } from '../../../src/sim/twilio/event-log.ts'
import type { FakeTwilio } from '../../../src/sim/twilio/fake-twilio.ts'
import type { FakeTwilioOptions } from '../../../src/sim/twilio/fake-twilio-options.ts'
import { startFakeTwilio } from '../../../src/sim/twilio/fake-twilio.ts'
import { sdkClient } from './local-client.ts'
import { ACCOUNT_SID, AUTH_TOKEN, CALLER, NUMBER, PUBLIC, twiml } from './memory-product.ts'

const PUBLIC_WS = 'wss://voice.example.org'
const stay: CallerScriptInput = { steps: [{ do: 'waitForEnd', withinMs: 60_000 }] }

type Message = { readonly event: string; readonly atMs: number } & Readonly<Record<string, unknown>>

/** A product on real sockets: it checks signatures with Twilio's SDK and gives the media socket to the test. */
async function listen(onSocket: (socket: WebSocket, messages: Message[]) => void) {
  const requests: { path: string; signed: boolean; host: string | undefined }[] = []
  const messages: Message[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const path = request.url ?? ''
      const form = Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString()))
      const signature = String(request.headers['x-twilio-signature'])
      requests.push({
        path,
        host: request.headers.host,
        signed: twilio.validateRequest(AUTH_TOKEN, signature, PUBLIC + path, form),
      })
      const stream = `<Connect action="/after"><Stream url="${PUBLIC_WS}/media/abc" statusCallback="${PUBLIC}/stream"/></Connect>`
      response.writeHead(200, { 'content-type': 'text/xml' }).end(twiml(path === '/voice' ? stream : ''))
    })
  })
  const sockets = new WebSocketServer({ noServer: true })
  server.on('upgrade', (request, socket, head) => {
    const signature = String(request.headers['x-twilio-signature'])
    const signed = twilio.validateRequest(AUTH_TOKEN, signature, PUBLIC_WS + (request.url ?? ''), {})
    requests.push({ path: request.url ?? '', host: request.headers.host, signed })
    if (request.headers['sec-websocket-extensions'] !== undefined) socket.destroy()
    sockets.handleUpgrade(request, socket, head, (ws) => {
      ws.on('message', (data: Buffer) => {
        messages.push({ ...(JSON.parse(data.toString()) as Message), atMs: performance.now() })
        if (messages.length === 2) onSocket(ws, messages)
      })
    })
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    port,
    requests,
    messages,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets.clients) socket.terminate()
      server.closeAllConnections()
      await new Promise((resolve) => {
        server.close(resolve)
      })
    },
  }
}

function fake(port: number, options: Partial<FakeTwilioOptions> = {}): Promise<FakeTwilio> {
  return startFakeTwilio({
    clock: systemClock,
    accountSid: ACCOUNT_SID,
    authToken: AUTH_TOKEN,
    numbers: [{ phoneNumber: NUMBER, voiceUrl: `${PUBLIC}/voice`, statusCallback: `${PUBLIC}/status` }],
    rewriteHttpOrigin: () => `http://127.0.0.1:${port}`,
    rewriteWsOrigin: () => `ws://127.0.0.1:${port}`,
    ...options,
  })
}

describe('startFakeTwilio() on real sockets', () => {
  it('carries a call: signed webhooks and upgrade, audio both ways, marks, hang-up by REST, stop', async () => {
    await using product = await listen((socket, messages) => {
      const { streamSid } = messages[1] as unknown as { streamSid: string }
      const payload = Buffer.alloc(2_400, 0x20).toString('base64')
      socket.send(JSON.stringify({ event: 'media', streamSid, media: { payload } }))
      socket.send(JSON.stringify({ event: 'mark', streamSid, mark: { name: 'end' } }))
      socket.on('message', (data: Buffer) => {
        if (data.includes('"event":"mark"')) void client.calls(call.sid).update({ status: 'completed' })
      })
    })
    await using running = await fake(product.port)
    const client = sdkClient(running.origin, ACCOUNT_SID, AUTH_TOKEN)
    const call = running.placeCall({ from: CALLER, to: NUMBER, script: stay })
    const summary = await call.ended
    expect(summary).toMatchObject({ endedBy: 'rest', status: 'completed', errors: [] })
    expect(summary.heardUlaw.filter((byte) => byte === 0x20)).toHaveLength(2_400)
    expect(summary.streams[0]?.marks).toMatchObject([{ name: 'end', fate: 'played', positionBytes: 2_400 }])
    const [mark] = summary.streams[0]?.marks ?? []
    // It came behind 300 ms of sound. What held the loop between the two is missing here, but never half of them.
    expect((mark?.returnedAtMs ?? 0) - (mark?.atMs ?? 0)).toBeGreaterThan(150)
    expect(product.messages.at(-1)?.event).toBe('stop')
    expect(product.requests.map(({ path, signed }) => [path, signed])).toEqual([
      ['/voice', true],
      ['/media/abc', true],
      ['/stream', true],
      ['/stream', true],
      ['/status', true],
    ])
    expect(new Set(product.requests.map(({ host }) => host))).toEqual(new Set(['voice.example.org']))
  })

  it('keeps 50 frames a second without drift, also when the process stands still for a while', async () => {
    await using product = await listen(() => undefined)
    await using running = await fake(product.port)
    const call = running.placeCall({
      from: CALLER,
      to: NUMBER,
      script: { steps: [{ do: 'pause', ms: 1_500 }, { do: 'hangUp' }] },
    })
    while (product.messages.length < 10) await new Promise(setImmediate)
    const untilMs = performance.now() + 300
    while (performance.now() < untilMs);
    const summary = await call.ended
    const media = product.messages.filter((message) => message.event === 'media')
    const stamps = media.map((message) => Number((message['media'] as { timestamp: string }).timestamp))
    expect(stamps.every((stamp, index) => stamp === (stamps[0] ?? 0) + index * 20)).toBe(true)
    expect(summary.saidUlaw.length).toBe(12_000 + 160)
    expect(summary.durationMs).toBeGreaterThanOrEqual(1_500)
    expect(summary.durationMs).toBeLessThan(5_000)
  })

  it.each([
    [(socket: WebSocket) => socket.close(1000), 31_921, 'stream-stopped'],
    [(socket: WebSocket) => socket.terminate(), 31_903, 'stream-error'],
    [(socket: WebSocket) => socket.send(Buffer.from([1, 2, 3])), 31_950, undefined],
  ])('%s is seen as %d', async (act, code, about) => {
    const events: TwilioLogEntry[] = []
    await using product = await listen((socket) => act(socket))
    await using running = await fake(product.port, { onEvent: (entry) => events.push(entry) })
    const steps: CallerScriptInput['steps'] = [{ do: 'pause', ms: 200 }, { do: 'hangUp' }]
    await running.placeCall({ from: CALLER, to: NUMBER, script: { steps } }).ended
    expect(events.filter((event) => event.kind === 'warning').map((event) => event.errorCode)).toEqual([code])
    const told = events.filter((event) => event.kind === 'webhook' && event.purpose === 'streamStatus')
    expect(told.at(-1)).toMatchObject({ about: about ?? 'stream-stopped' })
  })

  it('reports a handshake answered with 401 as 31920 and nobody listening as 31902 and 11205', async () => {
    const errors = async (options: Partial<FakeTwilioOptions>): Promise<number[]> => {
      const events: TwilioLogEntry[] = []
      await using product = await listen(() => undefined)
      await using other = await listen(() => undefined)
      await using running = await fake(product.port, {
        onEvent: (entry) => events.push(entry),
        limits: { sayMsPerCharacter: 1 },
        ...options,
      })
      // The REST interface of the fake is an HTTP server that upgrades nothing.
      await running.placeCall({ from: CALLER, to: NUMBER, script: stay }).ended
      expect(other.requests).toEqual([])
      return events.filter((event) => event.kind === 'warning').map((event) => event.errorCode)
    }
    await using plain = await fake(1)
    expect(await errors({ rewriteWsOrigin: () => plain.origin.replace('http', 'ws') })).toEqual([31_920])
    expect(await errors({ rewriteWsOrigin: () => 'ws://127.0.0.1:1' })).toEqual([31_902])
    expect(await errors({ rewriteHttpOrigin: () => 'http://127.0.0.1:1' })).toEqual([11_205])
  })

  it('ends what is live when it is disposed of', async () => {
    await using product = await listen(() => undefined)
    const running = await fake(product.port)
    const call = running.placeCall({ from: CALLER, to: NUMBER, script: stay })
    while (product.messages.length < 3) await new Promise(setImmediate)
    await running[Symbol.asyncDispose]()
    expect((await call.ended).endedBy).toBe('shutdown')
    await expect(fetch(running.origin)).rejects.toThrow('fetch failed')
  })
})
