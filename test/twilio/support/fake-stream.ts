import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { getExpectedTwilioSignature } from 'twilio/lib/webhooks/webhooks.js'
import { WebSocket } from 'ws'
import { accountSid, authToken, newStreamSid, publicUrl } from './names.ts'
import type { TestServer } from './server.ts'
import { voiceFields } from './forms.ts'

export function mediaUrl(nonce: string): string {
  return `${publicUrl.replace('https', 'wss')}/twilio/media/${nonce}`
}

/** The SDK's own signature of an upgrade. */
export function signUpgrade(url: string, token = authToken): string {
  return getExpectedTwilioSignature(token, url, {})
}

/** Asks for an upgrade; answers an open socket or the status of the refusal. */
export async function upgrade(
  server: { readonly port: number },
  target: string,
  signature?: string,
): Promise<WebSocket | number> {
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}${target}`, {
    perMessageDeflate: false,
    ...(signature === undefined ? {} : { headers: { 'x-twilio-signature': signature } }),
  })
  return await new Promise((resolve, reject) => {
    socket.on('open', () => resolve(socket))
    socket.on('unexpected-response', (_request, response: IncomingMessage) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    socket.on('error', reject)
  })
}

/** Twilio's side of one media stream. */
export class FakeStream {
  readonly socket: WebSocket
  readonly callSid: string
  readonly streamSid = newStreamSid()
  readonly received: unknown[] = []
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>
  #sequence = 0
  #chunk = 0
  #timestampMs = 102

  constructor(socket: WebSocket, callSid: string) {
    this.socket = socket
    this.callSid = callSid
    this.closed = new Promise((resolve) =>
      socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() })),
    )
    socket.on('message', (data: Buffer) => this.received.push(JSON.parse(data.toString()) as unknown))
    socket.on('error', () => undefined)
  }

  /** Rings, takes the nonce and opens the socket. */
  static async open(server: TestServer): Promise<FakeStream> {
    const fields = voiceFields()
    const callSid = fields.find(([name]) => name === 'CallSid')?.[1] ?? ''
    const nonce = await server.ring(fields)
    const socket = await upgrade(server, `/twilio/media/${nonce}`, signUpgrade(mediaUrl(nonce)))
    if (typeof socket === 'number') throw new Error(`Upgrade refused with ${socket}`)
    return new FakeStream(socket, callSid)
  }

  /** As open, and already streaming. */
  static async start(server: TestServer): Promise<FakeStream> {
    const stream = await FakeStream.open(server)
    const before = server.calls.streams.length
    stream.connected()
    stream.begin()
    await stream.untilServer(() => server.calls.streams.length > before)
    return stream
  }

  send(message: unknown): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message))
  }

  connected(): void {
    this.send({ event: 'connected', protocol: 'Call', version: '1.0.0' })
  }

  begin(changes: Record<string, unknown> = {}): void {
    this.send(this.startMessage(changes))
  }

  startMessage(changes: Record<string, unknown> = {}): Record<string, unknown> {
    return {
      event: 'start',
      sequenceNumber: this.next(),
      streamSid: this.streamSid,
      start: {
        accountSid,
        streamSid: this.streamSid,
        callSid: this.callSid,
        tracks: ['inbound'],
        mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
        customParameters: {},
        ...changes,
      },
    }
  }

  mediaMessage(ulaw: Uint8Array, timestampMs = this.#timestampMs): Record<string, unknown> {
    this.#timestampMs = timestampMs + ulaw.length / 8
    this.#chunk += 1
    return {
      event: 'media',
      sequenceNumber: this.next(),
      streamSid: this.streamSid,
      media: {
        track: 'inbound',
        chunk: String(this.#chunk),
        timestamp: String(timestampMs),
        payload: Buffer.from(ulaw).toString('base64'),
      },
    }
  }

  media(ulaw: Uint8Array, timestampMs = this.#timestampMs): void {
    this.send(this.mediaMessage(ulaw, timestampMs))
  }

  get timestampMs(): number {
    return this.#timestampMs
  }

  dtmf(digit: string): void {
    this.send({
      event: 'dtmf',
      sequenceNumber: this.next(),
      streamSid: this.streamSid,
      dtmf: { track: 'inbound_track', digit },
    })
  }

  mark(name: string): void {
    this.send({ event: 'mark', sequenceNumber: this.next(), streamSid: this.streamSid, mark: { name } })
  }

  stop(): void {
    this.send({
      event: 'stop',
      sequenceNumber: this.next(),
      streamSid: this.streamSid,
      stop: { accountSid, callSid: this.callSid },
    })
  }

  next(): string {
    this.#sequence += 1
    return String(this.#sequence)
  }

  /** Waits until the server's side of the world has changed, one round trip of the socket at a time. */
  async untilServer(holds: () => boolean): Promise<void> {
    while (!holds()) {
      if (this.socket.readyState !== WebSocket.OPEN) throw new Error('Socket closed while waiting')
      await this.roundTrip()
    }
  }

  /** All that was sent before has been read by the server when this resolves. */
  async roundTrip(): Promise<void> {
    if (this.socket.readyState !== WebSocket.OPEN) return
    this.socket.ping()
    await Promise.race([once(this.socket, 'pong'), this.closed])
  }
}
