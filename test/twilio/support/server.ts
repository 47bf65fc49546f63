import { request as httpRequest } from 'node:http'
import type { ServerOptions } from 'node:http'
import type { AddressInfo } from 'node:net'
import fastify from 'fastify'
import { VirtualClock } from '../../../src/lib/virtual-clock.ts'
import { twilioPlugin } from '../../../src/twilio/plugin.ts'
import type { TwilioPluginOptions } from '../../../src/twilio/plugin.ts'
import { encode, signForm, voiceFields } from './forms.ts'
import type { Fields } from './forms.ts'
import { MemoryCalls } from './memory-calls.ts'
import { accountSid, authToken, publicUrl } from './names.ts'
import { MemoryLog, MemoryMetrics } from './recording-ports.ts'

export type Answer = { readonly status: number; readonly type: string | undefined; readonly body: string }

/** A real Fastify on loopback with the plugin and an in-memory world around it. Time stands still unless advanced. */
export async function startServer(options: Partial<TwilioPluginOptions> = {}, http: ServerOptions = {}) {
  const clock = new VirtualClock()
  const calls = new MemoryCalls(clock)
  const metrics = new MemoryMetrics()
  const log = new MemoryLog()
  const app = fastify({ logger: false, http })
  app.removeContentTypeParser('text/plain')
  app.get('/healthz', () => ({ ok: true }))
  await app.register(
    twilioPlugin({ publicUrl, accountSid, authTokens: [authToken], calls, metrics, log, clock, ...options }),
  )
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo

  /** Sends exactly this; headers as given. */
  function send(
    target: string,
    request: { method?: string; headers?: Record<string, string>; body?: string },
  ) {
    return new Promise<Answer>((resolve, reject) => {
      const outgoing = httpRequest(
        { port, host: '127.0.0.1', path: target, method: request.method ?? 'POST', agent: false },
        (incoming) => {
          const chunks: Buffer[] = []
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
          incoming.on('end', () =>
            resolve({
              status: incoming.statusCode ?? 0,
              type: incoming.headers['content-type'],
              body: Buffer.concat(chunks).toString(),
            }),
          )
        },
      )
      outgoing.on('error', reject)
      for (const [name, value] of Object.entries(request.headers ?? {})) outgoing.setHeader(name, value)
      outgoing.end(request.body ?? '')
    })
  }

  return {
    app,
    port,
    clock,
    calls,
    metrics,
    log,
    send,
    /** Posts a form that the SDK has signed. */
    post(
      target: string,
      fields: Fields,
      changes: { signedUrl?: string; token?: string; body?: string } = {},
    ) {
      const signature = signForm(changes.signedUrl ?? publicUrl + target, fields, changes.token)
      return send(target, {
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          'x-twilio-signature': signature,
        },
        body: changes.body ?? encode(fields),
      })
    },
    /** Rings and answers the nonce of the stream to be opened. */
    async ring(fields: Fields = voiceFields()): Promise<string> {
      const answer = await this.post('/twilio/voice', fields)
      const nonce = /\/twilio\/media\/([A-Za-z0-9_-]{22})"/.exec(answer.body)?.[1]
      if (nonce === undefined) throw new Error(`No stream in ${answer.status} ${answer.body}`)
      return nonce
    },
    async [Symbol.asyncDispose]() {
      await app.close()
    },
  }
}

export type TestServer = Awaited<ReturnType<typeof startServer>>
