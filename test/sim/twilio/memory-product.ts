import twilio from 'twilio'
import type { Clock } from '../../../src/lib/clock.ts'
import { VirtualClock } from '../../../src/lib/virtual-clock.ts'
import type { TwilioLogEntry } from '../../../src/sim/twilio/event-log.ts'
import type { FakeTwilio } from '../../../src/sim/twilio/fake-twilio.ts'
import type { FakeTwilioOptions } from '../../../src/sim/twilio/fake-twilio-options.ts'
import { startFakeTwilio } from '../../../src/sim/twilio/fake-twilio.ts'
import type {
  ConnectFailure,
  IncomingResponse,
  OutgoingRequest,
  SocketEvents,
  StreamSocket,
  Transport,
} from '../../../src/sim/twilio/transport.ts'

export const ACCOUNT_SID = 'AC0123456789abcdef0123456789abcdef'
export const AUTH_TOKEN = '89abcdef0123456789abcdef01234567'
export const NUMBER = '+14155550100'
export const CALLER = '+14155550123'
export const PUBLIC = 'https://voice.example.org'

/** A webhook as the product received it. */
export type Received = {
  readonly path: string
  readonly url: string
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly form: URLSearchParams
}

/** What the product does with a webhook: XML of a document, a whole response, a failure to connect, or nothing. */
export type Handler = (received: Received) => string | Partial<IncomingResponse> | Error | undefined

/** The product's end of a media socket. */
export class ProductSocket {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly messages: Record<string, unknown>[] = []
  closed = false
  terminated = false
  unread = 0
  /** True once Twilio does not read from it any more. */
  paused = false
  readonly #events: SocketEvents

  constructor(options: { url: string; headers: Readonly<Record<string, string>>; events: SocketEvents }) {
    this.url = options.url
    this.headers = options.headers
    this.#events = options.events
  }

  /** Messages of one kind, as they came. */
  of(event: string): Record<string, unknown>[] {
    return this.messages.filter((message) => message['event'] === event)
  }

  streamSid(): string {
    return String(this.of('start')[0]?.['streamSid'])
  }

  send(message: Record<string, unknown>): void {
    this.#events.onText(JSON.stringify({ ...message, streamSid: this.streamSid() }))
  }

  sendAudio(bytes: number, code = 0x20): void {
    this.send({ event: 'media', media: { payload: Buffer.alloc(bytes, code).toString('base64') } })
  }

  sendMark(name: string): void {
    this.send({ event: 'mark', mark: { name } })
  }

  sendRaw(text: string): void {
    this.#events.onText(text)
  }

  sendBinary(): void {
    this.#events.onBinary(3)
  }

  breakProtocol(): void {
    this.#events.onProtocolError()
    this.close(1006)
  }

  close(code: number): void {
    this.closed = true
    this.#events.onClose(code)
  }

  open(): void {
    this.#events.onOpen()
  }

  fail(failure: ConnectFailure): void {
    this.#events.onFailure(failure)
  }

  /** Twilio's handle of this socket. */
  handle(): StreamSocket {
    return {
      send: (text) => void this.messages.push(JSON.parse(text) as Record<string, unknown>),
      close: () => void (this.closed = true),
      terminate: () => void (this.terminated = true),
      pause: () => void (this.paused = true),
      bufferedBytes: () => this.unread,
    }
  }
}

/** A product in memory: what it was asked, what it answers, and its media sockets. */
export class MemoryProduct implements Transport {
  readonly received: Received[] = []
  readonly sockets: ProductSocket[] = []
  handler: Handler = () => undefined
  /** What happens when Twilio dials; by default the socket opens. */
  onDial: (socket: ProductSocket) => void = (socket) => socket.open()

  /** Bodies of the webhooks to one path. */
  at(path: string): URLSearchParams[] {
    return this.received.filter((each) => each.path === path).map((each) => each.form)
  }

  socket(): ProductSocket {
    const socket = this.sockets.at(-1)
    if (!socket) throw new Error('No media socket was dialled')
    return socket
  }

  request(request: OutgoingRequest): Promise<IncomingResponse> {
    const { pathname } = new URL(request.url)
    const { url, method, headers } = request
    const received = { path: pathname, url, method, headers, form: new URLSearchParams(request.body) }
    this.received.push(received)
    const answer = this.handler(received)
    if (answer instanceof Error) return Promise.reject(answer)
    if (answer === undefined) return Promise.resolve({ status: 204, contentType: '', body: '' })
    const xml = typeof answer === 'string' ? { body: answer } : answer
    if (xml.status === -1) return pending(request.signal)
    return Promise.resolve({ status: 200, contentType: 'text/xml', body: '', ...xml })
  }

  connect(options: {
    url: string
    headers: Readonly<Record<string, string>>
    events: SocketEvents
  }): StreamSocket {
    const socket = new ProductSocket(options)
    this.sockets.push(socket)
    queueMicrotask(() => this.onDial(socket))
    return socket.handle()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve()
  }
}

/** A document around some verbs. */
export function twiml(verbs: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?><Response>${verbs}</Response>`
}

/** `<Connect><Stream>` to the product, with all callbacks. */
export const CONNECT = `<Connect action="/twilio/after-stream"><Stream url="wss://voice.example.org/twilio/media/nonce-0123456789abcdef" statusCallback="${PUBLIC}/twilio/stream-status"><Parameter name="t" value="one-time"/></Stream></Connect>`

/** Tells whether Twilio's own SDK accepts the signature of a webhook. */
export function isSigned(received: Received): boolean {
  const form: Record<string, string | string[]> = {}
  for (const name of new Set(received.form.keys())) {
    const all = received.form.getAll(name)
    form[name] = all.length > 1 ? all : (all[0] ?? '')
  }
  return twilio.validateRequest(AUTH_TOKEN, received.headers['x-twilio-signature'] ?? '', received.url, form)
}

function pending(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error('aborted')))
  })
}

/** A fake Twilio on a virtual clock with a product in memory. */
export type Stage = AsyncDisposable & {
  readonly clock: VirtualClock
  readonly product: MemoryProduct
  readonly twilio: FakeTwilio
  readonly events: TwilioLogEntry[]
  /** Lets time pass in steps of 20 ms; what was set off is done before the next. */
  pass(durationMs: number): Promise<void>
}

/** Sets a stage; `wake` puts another clock before the virtual one, for example one whose timers are late. */
export async function stage(
  handler: Handler,
  options: Partial<FakeTwilioOptions> & { readonly wake?: (clock: VirtualClock) => Clock } = {},
): Promise<Stage> {
  const { wake, ...rest } = options
  const clock = new VirtualClock()
  const product = new MemoryProduct()
  product.handler = handler
  const events: TwilioLogEntry[] = []
  const fake = await startFakeTwilio({
    clock: wake?.(clock) ?? clock,
    accountSid: ACCOUNT_SID,
    authToken: AUTH_TOKEN,
    numbers: [
      {
        phoneNumber: NUMBER,
        voiceUrl: `${PUBLIC}/twilio/voice`,
        statusCallback: `${PUBLIC}/twilio/status`,
        smsUrl: `${PUBLIC}/twilio/sms`,
      },
    ],
    transport: product,
    onEvent: (entry) => events.push(entry),
    ...rest,
  })
  return {
    clock,
    product,
    twilio: fake,
    events,
    async pass(durationMs) {
      await turn()
      for (let left = durationMs; left > 0; left -= 20) {
        clock.advance(Math.min(20, left))
        await turn()
      }
    },
    [Symbol.asyncDispose]: () => fake[Symbol.asyncDispose](),
  }
}

/** Lets everything that is ready to run do so. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
