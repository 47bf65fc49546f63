import { STATUS_CODES } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http'
import type { Duplex } from 'node:stream'
import { livingModel } from './living-models.ts'
import type { KnownModel } from './models.ts'

/** What the upgrade of a websocket asks for. */
export type Handshake =
  | {
      readonly kind: 'session'
      readonly type: 'realtime' | 'transcription'
      readonly model: KnownModel & { readonly realtime: object }
      readonly safetyIdentifier: string | undefined
      readonly organization: string | undefined
      readonly project: string | undefined
      /** The dead dialect was asked for: the upgrade succeeds and the session does not. */
      readonly beta: boolean
    }
  | { readonly kind: 'refused'; readonly status: number; readonly error: HttpError }

/** The error object of an HTTP answer. */
export type HttpError = {
  readonly message: string
  readonly type: string
  readonly code: string | null
  readonly param: string | null
}

/** What a handshake is judged by. */
export type HandshakeRules = {
  readonly apiKeys: readonly string[]
  readonly models: readonly KnownModel[]
  readonly wallMs: number
}

/** The model that a session without one in its address runs on. */
const TRANSCRIPTION_HOST = 'gpt-realtime-2.1'

/** Reads an upgrade request and says what it asks for, or why it is refused over plain HTTP. */
export function readHandshake(
  request: { readonly url: string; readonly headers: IncomingHttpHeaders },
  rules: HandshakeRules,
): Handshake {
  const url = new URL(request.url, 'http://127.0.0.1')
  if (url.pathname !== '/v1/realtime') return refuse(404, 'not_found', `Unknown path: ${url.pathname}`)
  if (!rules.apiKeys.includes(keyOf(request.headers) ?? '')) {
    return refuse(401, 'invalid_api_key', 'Incorrect API key provided.')
  }
  const given = ['model', 'call_id', 'intent'].filter((name) => url.searchParams.has(name))
  if (given.length !== 1) {
    return refuse(
      400,
      'invalid_request',
      `Exactly one of model, call_id and intent is needed, not ${given.length}`,
    )
  }
  if (given[0] === 'call_id') return refuse(404, 'call_id_not_found', 'No call with that id is live.')
  const intent = url.searchParams.get('intent')
  if (intent !== null && intent !== 'transcription') {
    return refuse(400, 'invalid_value', `Unknown intent: ${intent.slice(0, 100)}`)
  }
  const id = intent ? TRANSCRIPTION_HOST : (url.searchParams.get('model') ?? '')
  const model = livingModel({ models: rules.models, id, wallMs: rules.wallMs })
  if (!model?.realtime) {
    return refuse(
      404,
      'model_not_found',
      `The model \`${id.slice(0, 100)}\` does not exist or you do not have access to it.`,
    )
  }
  return {
    kind: 'session',
    type: intent ? 'transcription' : 'realtime',
    model: { ...model, realtime: model.realtime },
    safetyIdentifier: header(request.headers, 'openai-safety-identifier'),
    organization: header(request.headers, 'openai-organization'),
    project: header(request.headers, 'openai-project'),
    beta: header(request.headers, 'openai-beta')?.includes('realtime=v1') ?? false,
  }
}

/** The bearer key of a request, from its header or from the subprotocol that browsers use. */
export function keyOf(headers: IncomingHttpHeaders): string | undefined {
  const bearer = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1]
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((one) => one.trim())
  const insecure = 'openai-insecure-api-key.'
  return bearer ?? offered.find((one) => one.startsWith(insecure))?.slice(insecure.length)
}

/** A refusal as it is written to the socket before any upgrade. */
export function refuse(
  status: number,
  code: string,
  message: string,
): Extract<Handshake, { kind: 'refused' }> {
  const type = status === 429 ? 'rate_limit_error' : status >= 500 ? 'server_error' : 'invalid_request_error'
  return { kind: 'refused', status, error: { message, type, code, param: null } }
}

/** Answers an upgrade with a refusal and ends the connection. */
export function writeRefusal(
  socket: Duplex,
  { status, error }: Extract<Handshake, { kind: 'refused' }>,
): void {
  const body = JSON.stringify({ error })
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Error'}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n`
  socket.end(head + body)
}

function header(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name]
  return Array.isArray(value) ? value[0] : value
}
