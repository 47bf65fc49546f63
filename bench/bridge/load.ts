/**
 * The load of the bridge's benchmark, in a process of its own: the telephones, the model, and Twilio's REST API, told
 * what to do by messages. Both ends of every call are here, so that one clock times what the server between them takes.
 */
import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { signRequest } from '../../src/sim/twilio/signature.ts'
import type { Fields } from '../../src/sim/twilio/signature.ts'
import { LoadCall } from './call.ts'
import { Figures } from './figures.ts'
import { callerNumbers } from './orders.ts'
import type { LoadAnswer, LoadOrder, Target } from './orders.ts'
import { acceptWire, openWire } from './wire.ts'

/** Above this a server is not under load but broken. */
const SETUP_DEADLINE_MS = 60_000
const END_DEADLINE_MS = 15_000
const OUR_NUMBER = '+14155550100'
/** Webhooks of ended calls under way at a time. */
const MAX_WEBHOOKS = 10

let figures = new Figures()
let calls: LoadCall[] = []
/** Calls whose server is about to connect to its model, by the path of that connection; the bridge's have one in common. */
const expected = new Map<
  string,
  (call: { readonly request: IncomingMessage; readonly socket: Duplex }) => void
>()

const server = createServer((request, response) => {
  // Twilio's REST API: every order is carried out.
  request.resume()
  response.writeHead(200, { 'content-type': 'application/json' }).end('{"status":"completed"}')
})
server.on('upgrade', (request, socket) => {
  const path = (request.url ?? '').split('?')[0] ?? ''
  const take = expected.get(path)
  expected.delete(path)
  if (take) take({ request, socket })
  else socket.destroy()
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  answer({ did: 'listen', port: typeof address === 'object' && address !== null ? address.port : 0 })
})
process.on('disconnect', () => process.exit(0))
process.on('message', (order: LoadOrder) => {
  carryOut(order).catch((error: unknown) => {
    answer({ did: 'fail', reason: error instanceof Error ? error.message : String(error) })
  })
})
tick()

function answer(message: LoadAnswer): void {
  process.send?.(message)
}

function tick(): void {
  const nowMs = performance.now()
  for (const call of calls) call.tick(nowMs)
  setTimeout(tick, 1)
}

async function carryOut(order: LoadOrder): Promise<void> {
  switch (order.do) {
    case 'begin':
      await begin(order)
      return answer({ did: 'begin' })
    case 'measure':
      figures.open()
      await pause(order.windowMs)
      figures.close()
      return answer({ did: 'measure' })
    case 'end':
      await end(order.target)
      return answer({ did: 'end', measured: figures.measured() })
  }
}

async function begin({ target, round, count }: Extract<LoadOrder, { do: 'begin' }>): Promise<void> {
  figures = new Figures()
  const joining: Promise<void>[] = []
  for (let index = 0; index < count; index++) {
    const call = new LoadCall({ number: round * 1_000 + index, figures })
    if (target.kind === 'bridge') {
      const url = await ring(call, target, callerNumbers[index % callerNumbers.length] ?? '')
      joining.push(joinMedia(call, target, url))
    } else await passThrough(call, target)
    calls.push(call)
  }
  await Promise.all(joining)
  await untilHeard()
  for (const call of calls) call.start()
}

/** Waits until a frame of each call has come through. */
async function untilHeard(): Promise<void> {
  const untilMs = performance.now() + SETUP_DEADLINE_MS
  while (calls.some((call) => call.phone.missingFrames() > 3 || !call.phone.hasArrived())) {
    if (performance.now() > untilMs) throw new Error('Not every call came through')
    await pause(20)
  }
}

/**
 * Twilio's part in the beginning of a call, up to the model's connection: which one belongs to which call is told by their
 * order alone.
 * @returns where the media socket is to be opened
 */
async function ring(call: LoadCall, target: Extract<Target, { kind: 'bridge' }>, from: string): Promise<URL> {
  const connected = modelConnection('/v1/realtime', (frame) => call.onBridgeEvent(frame), call)
  const twiml = await webhook(target, '/twilio/voice', [
    ['CallSid', call.callSid],
    ['AccountSid', target.accountSid],
    ['From', from],
    ['To', OUR_NUMBER],
    ['CallStatus', 'ringing'],
    ['Direction', 'inbound'],
    ['ApiVersion', '2010-04-01'],
    ['StirVerstat', 'TN-Validation-Passed-A'],
  ])
  const url = /<Stream url="([^"]+)"/.exec(twiml)?.[1]
  if (url === undefined) throw new Error(`No stream for a call: ${twiml.slice(0, 200)}`)
  await connected
  return new URL(url)
}

async function joinMedia(
  call: LoadCall,
  target: Extract<Target, { kind: 'bridge' }>,
  url: URL,
): Promise<void> {
  const wire = await openWire({
    url,
    headers: { 'X-Twilio-Signature': signRequest(target.authToken, url.href, []) },
    onText: (frame) => call.onBridgeMessage(frame),
    onClose: (code) => call.lost('media socket', code),
  })
  const { streamSid, callSid } = call
  const mediaFormat = { encoding: 'audio/x-mulaw', sampleRate: 8_000, channels: 1 }
  const start = { streamSid, accountSid: target.accountSid, callSid, tracks: ['inbound'], mediaFormat }
  wire.send(JSON.stringify({ event: 'connected', protocol: 'Call', version: '1.0.0' }))
  wire.send(JSON.stringify({ event: 'start', sequenceNumber: '1', streamSid, start }))
  call.phoneJoins(wire)
}

async function passThrough(call: LoadCall, target: Extract<Target, { kind: 'passThrough' }>): Promise<void> {
  const path = `/${call.streamSid}`
  const connected = modelConnection(path, () => call.onForwardedFrame(), call)
  const wire = await openWire({
    url: new URL(path, target.origin),
    headers: {},
    onText: (frame) => call.onForwardedEvent(frame),
    onClose: (code) => call.lost('media socket', code),
  })
  await connected
  call.phoneJoins(wire)
}

/** Waits for the connection to the model that belongs to this call. */
async function modelConnection(
  path: string,
  onText: Parameters<typeof acceptWire>[0]['onText'],
  call: LoadCall,
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  expected.set(path, ({ request, socket }) => {
    const wire = acceptWire({ request, socket, onText, onClose: (code) => call.lost('model', code) })
    call.modelJoins(wire)
    wire.send(JSON.stringify({ type: 'session.created', event_id: 'event_0', session: { id: 'sess_bench' } }))
    resolve()
  })
  await promise
}

async function end(target: Target): Promise<void> {
  const ended = calls
  calls = []
  for (const call of ended) call.end()
  if (target.kind === 'bridge') await tellCompleted(target, ended)
  const untilMs = performance.now() + END_DEADLINE_MS
  while (ended.some((call) => !call.isOver())) {
    if (performance.now() > untilMs) throw new Error('Not every session was closed')
    await pause(20)
  }
}

async function tellCompleted(
  target: Extract<Target, { kind: 'bridge' }>,
  ended: readonly LoadCall[],
): Promise<void> {
  const waiting = [...ended]
  const worker = async (): Promise<void> => {
    for (let call = waiting.pop(); call; call = waiting.pop()) {
      await webhook(target, '/twilio/status', [
        ['CallSid', call.callSid],
        ['AccountSid', target.accountSid],
        ['CallStatus', 'completed'],
        ['CallDuration', '10'],
      ])
    }
  }
  await Promise.all(Array.from({ length: MAX_WEBHOOKS }, worker))
}

async function webhook(
  target: Extract<Target, { kind: 'bridge' }>,
  path: string,
  fields: Fields,
): Promise<string> {
  const url = target.origin + path
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'X-Twilio-Signature': signRequest(target.authToken, url, fields) },
    body: new URLSearchParams(fields.map(([name, value]) => [name, value])),
  })
  if (!response.ok) throw new Error(`${path} was answered with ${response.status}`)
  return response.text()
}

async function pause(ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  setTimeout(resolve, ms)
  await promise
}
