import { timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Clock } from '../../lib/clock.ts'
import type { MemoryNetwork } from '../memory/memory-network.ts'
import type { Log } from './event-log.ts'
import type { RestFailure } from './rest-failure.ts'
import { refusal } from './rest-failure.ts'
import { waitMs } from './wait.ts'

const MAX_BODY_BYTES = 262_144

/** A REST request as its handler sees it. */
export type RestRequest = {
  readonly method: string
  /** Path below `/2010-04-01/Accounts/{Sid}`, without `.json`; empty for the account itself. */
  readonly path: readonly string[]
  readonly isJson: boolean
  readonly query: URLSearchParams
  readonly form: URLSearchParams
}

/** What a handler answers: a resource, a file, nothing more, a refusal, or never. */
export type RestAnswer =
  | { readonly kind: 'json'; readonly status: number; readonly body: unknown }
  | { readonly kind: 'wav'; readonly body: Uint8Array }
  | { readonly kind: 'empty' }
  | { readonly kind: 'refused'; readonly failure: RestFailure }
  | { readonly kind: 'none' }

/** Answers a request that is authenticated. */
export type RestHandler = (request: RestRequest) => RestAnswer

/** What the REST server needs. */
export type RestServerOptions = {
  readonly clock: Clock
  readonly port: number
  /** Where it is reached instead of on a port of loopback. */
  readonly network?: MemoryNetwork | undefined
  readonly accountSid: string
  readonly authToken: string
  readonly concurrency: number
  readonly latencyMs: number
  readonly closing: AbortSignal
  readonly log: Log
  readonly handle: RestHandler
}

/** Listens for REST requests on loopback; disposing of it breaks open connections. */
export async function startRestServer(
  options: RestServerOptions,
): Promise<AsyncDisposable & { readonly origin: string }> {
  let inFlight = 0
  const server = createServer((request, response) => {
    inFlight++
    response.once('close', () => inFlight--)
    answer(options, request, inFlight).then(
      (result) => reply(response, result, inFlight),
      () => response.destroy(),
    )
  })
  const origin = options.network?.serve(server) ?? (await listen(server, options.port))
  return {
    origin,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function listen(server: Server, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      const { port: bound } = server.address() as AddressInfo
      resolve(`http://127.0.0.1:${bound}`)
    })
  })
}

async function answer(
  options: RestServerOptions,
  request: IncomingMessage,
  inFlight: number,
): Promise<RestAnswer> {
  const url = new URL(request.url ?? '/', 'http://127.0.0.1')
  const body = await readBody(request)
  if (options.latencyMs > 0) await waitMs(options.clock, options.latencyMs, options.closing)
  const result = inFlight > options.concurrency ? refuse(20429) : route(options, { request, url, body })
  options.log({
    kind: 'rest',
    method: request.method ?? '',
    path: url.pathname,
    status: result.kind === 'none' ? undefined : statusOf(result),
    errorCode: result.kind === 'refused' ? result.failure.code : undefined,
  })
  return result
}

function route(
  options: RestServerOptions,
  received: { readonly request: IncomingMessage; readonly url: URL; readonly body: string },
): RestAnswer {
  const { request, url, body } = received
  if (!isAuthorised(options, request.headers.authorization)) return refuse(20003)
  const prefix = `/2010-04-01/Accounts/${options.accountSid}`
  if (!url.pathname.startsWith(prefix)) return refuse(20404)
  const below = url.pathname.slice(prefix.length).replace(/\.json$/, '')
  if (below !== '' && !below.startsWith('/')) return refuse(20404)
  const path = below.split('/').slice(1)
  const form = new URLSearchParams(body)
  const isJson = url.pathname.endsWith('.json')
  return options.handle({ method: request.method ?? '', path, isJson, query: url.searchParams, form })
}

/** The refusal with a code, as an answer. */
export function refuse(code: number): RestAnswer {
  return { kind: 'refused', failure: refusal(code) }
}

function isAuthorised(options: RestServerOptions, header: string | undefined): boolean {
  const expected = Buffer.from(
    `Basic ${Buffer.from(`${options.accountSid}:${options.authToken}`).toString('base64')}`,
  )
  const given = Buffer.from(header ?? '')
  return given.length === expected.length && timingSafeEqual(given, expected)
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > MAX_BODY_BYTES) throw new Error(`Cannot read a request over ${MAX_BODY_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function statusOf(result: Exclude<RestAnswer, { kind: 'none' }>): number {
  switch (result.kind) {
    case 'json':
      return result.status
    case 'wav':
      return 200
    case 'empty':
      return 204
    case 'refused':
      return result.failure.status
  }
}

function reply(response: ServerResponse, result: RestAnswer, inFlight: number): void {
  if (result.kind === 'none') return
  response.setHeader('Twilio-Concurrent-Requests', inFlight)
  response.setHeader('Connection', 'keep-alive')
  response.statusCode = statusOf(result)
  switch (result.kind) {
    case 'json':
      response.setHeader('Content-Type', 'application/json')
      response.end(JSON.stringify(result.body))
      return
    case 'wav':
      response.setHeader('Content-Type', 'audio/x-wav')
      response.end(result.body)
      return
    case 'empty':
      response.end()
      return
    case 'refused': {
      const { status, code, message } = result.failure
      if (status === 401) response.setHeader('WWW-Authenticate', 'Basic realm="Twilio API"')
      response.setHeader('Content-Type', 'application/json')
      response.end(
        JSON.stringify({ code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status }),
      )
    }
  }
}
