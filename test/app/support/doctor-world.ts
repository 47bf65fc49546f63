import { createServer, request as ask, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { startServer } from '../../../src/app/server.ts'
import { readConfig } from '../../../src/config/read-config.ts'
import { runMode } from '../../../src/config/run-mode.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import { freePort } from '../../../src/sim/free-port.ts'
import { startFakeOpenAi } from '../../../src/sim/openai/fake-openai.ts'
import type { FakeOpenAiOptions } from '../../../src/sim/openai/fake-openai-options.ts'
import type { FakeTwilioNumber, FakeTwilioOptions } from '../../../src/sim/twilio/fake-twilio-options.ts'
import { startFakeTwilio } from '../../../src/sim/twilio/fake-twilio.ts'
import { temporaryHome } from '../../support/server-process.ts'

/** Secrets of nobody, of the form that the real ones have. */
export const secrets = {
  accountSid: `AC${'4e'.repeat(16)}`,
  authToken: 'f3'.repeat(16),
  apiKey: 'sk-proj-Zq7WvLm29fKxRt41',
}

const ourNumber = '+14155550100'

/** What stands before the server instead of nothing. */
export type Proxy = {
  /** Answers a request itself (true), or changes it and lets it pass. */
  readonly onRequest?: (request: IncomingMessage, response: ServerResponse) => boolean
  /** Makes upgrades ordinary requests, as proxies do that were not told otherwise. */
  readonly dropsUpgrades?: boolean
}

/** In what the world differs from one in which everything is as it should be. */
export type DoctorWorldOptions = {
  readonly twilio?: Partial<FakeTwilioOptions>
  readonly number?: (rightly: FakeTwilioNumber) => FakeTwilioNumber
  readonly openai?: FakeOpenAiOptions
  readonly proxy?: Proxy
  /** Settings of server and doctor; `doctorEnv` those that the server was not started with. */
  readonly env?: Readonly<Record<string, string>>
  readonly doctorEnv?: Readonly<Record<string, string>>
  /** A text in place of PUBLIC_URL, also at the number. */
  readonly publicUrl?: (origin: string) => string
  readonly isStopped?: boolean
}

/** Everything that a live server needs, on loopback, and the settings under which doctor finds it. */
export type DoctorWorld = AsyncDisposable & {
  readonly env: Readonly<Record<string, string>>
  /** A folder of the test's own. */
  readonly folder: string
  readonly port: number
  readonly sessions: () => number
  readonly calls: () => number
}

/** Starts the fakes, the server, and where asked for a proxy before it. */
export async function doctorWorld(options: DoctorWorldOptions = {}): Promise<DoctorWorld> {
  await using starting = new AsyncDisposableStack()
  const { path: folder } = starting.use(temporaryHome())
  const port = await freePort('127.0.0.1')
  const origin = `http://127.0.0.1:${port}`
  const front = options.proxy ? starting.use(await startProxy(port, options.proxy)).origin : origin
  const publicUrl = options.publicUrl?.(front) ?? front
  const number: FakeTwilioNumber = {
    phoneNumber: ourNumber,
    voiceUrl: `${publicUrl}/twilio/voice`,
    statusCallback: `${publicUrl}/twilio/status`,
    voiceFallbackUrl: 'https://handler.twilio.com/twiml/EH0123',
  }
  const { accountSid, authToken, apiKey } = secrets
  const numbers = [options.number?.(number) ?? number]
  const account = { clock: systemClock, accountSid, authToken, numbers }
  const twilio = starting.use(await startFakeTwilio({ ...account, ...options.twilio }))
  const openai = starting.use(await startFakeOpenAi({ apiKeys: [apiKey], ...options.openai }))
  const env = {
    HOST: '127.0.0.1',
    PORT: `${port}`,
    PUBLIC_URL: publicUrl,
    DATA_DIR: `${folder}/data`,
    TWILIO_ACCOUNT_SID: accountSid,
    TWILIO_AUTH_TOKEN: authToken,
    TWILIO_PHONE_NUMBER: ourNumber,
    TWILIO_API_BASE_URL: twilio.origin,
    OPENAI_API_KEY: apiKey,
    OPENAI_BASE_URL: `${openai.httpOrigin}/v1`,
    OPENAI_REALTIME_API_URL: openai.realtimeUrl,
    ...options.env,
  }
  if (options.isStopped !== true) {
    const settings = readConfig(env)
    const mode = runMode(settings.config, settings.secrets)
    starting.use(await startServer({ ...settings, mode, logTo: { write: () => undefined } }))
  }
  const running = starting.move()
  return {
    env: { ...env, ...options.doctorEnv },
    folder,
    port,
    sessions: () => openai.sessions.length,
    calls: () => twilio.calls.size,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

/** A server on loopback that answers everything in one way. */
export async function startAnswering(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  port = 0,
): Promise<AsyncDisposable & { readonly origin: string }> {
  const server = createServer(answer)
  await new Promise<void>((resolve) => {
    server.listen(port, '127.0.0.1', resolve)
  })
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => {
        server.close(resolve)
      })
    },
  }
}

async function startProxy(
  port: number,
  { onRequest, dropsUpgrades }: Proxy,
): Promise<AsyncDisposable & { readonly origin: string }> {
  const sockets = new Set<Duplex>()
  const server = createServer((incoming, response) => {
    if (onRequest?.(incoming, response) === true) return
    const { method, url, headers } = incoming
    const passed = { ...headers, connection: 'close' }
    if (dropsUpgrades === true) Reflect.deleteProperty(passed, 'upgrade')
    const outgoing = ask({ host: '127.0.0.1', port, method, path: url, headers: passed }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    outgoing.on('error', () => response.writeHead(502).end())
    incoming.pipe(outgoing)
  })
  if (dropsUpgrades !== true) {
    server.on('upgrade', (incoming: IncomingMessage, socket: Duplex) => {
      const through = connect(port, '127.0.0.1')
      sockets.add(through)
      const lines = incoming.rawHeaders.map((text, index) => (index % 2 === 0 ? `${text}: ` : `${text}\r\n`))
      through.write(`${incoming.method} ${incoming.url} HTTP/1.1\r\n${lines.join('')}\r\n`)
      through.pipe(socket).pipe(through)
      for (const side of [through, socket]) side.on('error', () => socket.destroy())
    })
  }
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.closeAllConnections()
      await new Promise((resolve) => {
        server.close(resolve)
      })
    },
  }
}
