import { signRequest } from '../twilio/signature.ts'
import type { FuzzedRequest, RequestMaking } from './fuzzed-requests.ts'
import { type WireHeaders, wireRequest } from './http-request.ts'
import type { WireRequest } from './http-wire.ts'
import { pick } from './odd-values.ts'

/** Every way in which a request may be refused. */
export const refusals: readonly number[] = [400, 403, 404, 405, 408, 411, 413, 414, 415, 417, 431]

const ANSWER_WITHIN_MS = 8_000
const ourTargets = ['/healthz', '/readyz', '/metrics'] as const
const twilioTargets = [
  '/twilio/voice',
  '/twilio/status',
  '/twilio/after-stream',
  '/twilio/recording',
] as const

/** Asks our own routes, and such as there are none, with whatever a header or a target can hold. */
export function fuzzedGet(making: RequestMaking): FuzzedRequest {
  return pick(making.random, gets)(making)
}

const gets: readonly ((making: RequestMaking) => FuzzedRequest)[] = [
  (making) =>
    get(making, { kind: 'our route', target: pick(making.random, ourTargets.slice(0, 2)), allowed: [200] }),
  (making) => ({
    ...get(making, {
      kind: 'our route with odd headers',
      target: pick(making.random, ourTargets.slice(0, 2)),
      headers: oddHeaders(making),
      allowed: [200, 400, 431],
    }),
  }),
  (making) =>
    get(making, {
      kind: 'no such route',
      target: oddTarget(making),
      headers: oddHeaders(making),
      allowed: refusals,
    }),
  (making) => otherMethod(making),
  (making) => otherMethod(making),
  (making) => upgrade(making),
]

/** The numbers of the server, at times as if through a proxy that has no key. */
export function fuzzedMetrics(making: RequestMaking): FuzzedRequest {
  const isForwarded = making.random.whole(2) === 0
  const headers: WireHeaders = isForwarded ? [['x-forwarded-for', '203.0.113.7']] : []
  return get(making, { kind: 'metrics', target: '/metrics', headers, allowed: [isForwarded ? 401 : 200] })
}

function get(
  { host }: RequestMaking,
  request: {
    readonly kind: string
    readonly target: string
    readonly headers?: WireHeaders
    readonly allowed: readonly number[]
  },
): FuzzedRequest {
  const { kind, target, headers = [], allowed } = request
  const bytes = wireRequest({ method: 'GET', target, headers: [['host', host], ...headers] })
  return { kind, allowed, wire: { pieces: [{ bytes }], answers: 1, withinMs: ANSWER_WITHIN_MS } }
}

const methods = 'PUT DELETE PATCH OPTIONS HEAD TRACE CONNECT POST QUERY X'.split(' ')

function otherMethod({ random, host }: RequestMaking): FuzzedRequest {
  const target = pick(random, [...ourTargets, ...twilioTargets, '/twilio/media/x', '/', '*'])
  const method = pick(random, methods)
  const body = random.whole(2) === 0 ? Buffer.alloc(random.whole(2_000), 'a=b&') : undefined
  const headers: WireHeaders = [
    ['host', host],
    ...(body ? [['content-length', `${body.length}`] as const] : []),
  ]
  const bytes = wireRequest({ method, target, headers, ...(body && { body }) })
  // HEAD is GET without a body for those that are there.
  const allowed = method === 'HEAD' ? [200, ...refusals] : refusals
  return {
    kind: `method ${method}`,
    allowed,
    mayBeCutOff: true,
    wire: answerTo(method, bytes),
  }
}

function answerTo(method: string, bytes: Buffer): WireRequest {
  const withoutBody = method === 'HEAD' ? ({ withoutBody: true } as const) : {}
  return { pieces: [{ bytes }], answers: 1, withinMs: ANSWER_WITHIN_MS, ...withoutBody }
}

/** Upgrades that are none, or are refused. */
function upgrade(making: RequestMaking): FuzzedRequest {
  const { account, random, host } = making
  const nonce = pick(random, [
    random.hex(22),
    random.hex(21),
    'x',
    '../../healthz',
    `${random.hex(22)}?a=b`,
    '',
  ])
  const target = pick(random, [`/twilio/media/${nonce}`, '/healthz', '/twilio/voice', '/twilio/media'])
  const signed = signRequest(account.authToken, account.publicUrl.replace(/^http/, 'ws') + target, [])
  const headers: WireHeaders = [
    ['host', host],
    ['connection', pick(random, ['upgrade', 'Upgrade', 'keep-alive, upgrade', 'close'])],
    ['upgrade', pick(random, ['websocket', 'WebSocket', 'h2c', 'websocket, h2c', 'x'.repeat(300)])],
    ['sec-websocket-version', pick(random, ['13', '8', '', '1e1'])],
    ['sec-websocket-key', pick(random, ['AAAAAAAAAAAAAAAAAAAAAA==', '', 'x', 'A'.repeat(4_000)])],
    ...(random.whole(2) === 0 ? [['x-twilio-signature', signed] as const] : []),
    ...(random.whole(4) === 0 ? [['sec-websocket-protocol', 'a,,b'] as const] : []),
    ...(random.whole(4) === 0 ? [['sec-websocket-extensions', ';;;"'] as const] : []),
  ]
  const method = pick(random, ['GET', 'GET', 'POST', 'HEAD'])
  const bytes = wireRequest({ method, target, headers })
  const allowed = target === '/healthz' ? [200, ...refusals] : refusals
  return {
    kind: 'upgrade',
    allowed,
    wire: answerTo(method, bytes),
  }
}

const oddTargets = (
  '/ // /v1/calls /healthz/ /healthz%20 /HEALTHZ /twilio /twilio/voicex /twilio/sms /%2e%2e/healthz /healthz%00 ' +
  '/a?b=c#d /metrics/../nothing /%e0%a4%a /console /.env'
).split(' ')

function oddTarget({ random }: RequestMaking): string {
  return random.whole(4) === 0 ? `/${random.hex(1 + random.whole(200))}` : pick(random, oddTargets)
}

function oddHeaders({ random }: RequestMaking): WireHeaders {
  const some: WireHeaders = [
    ['authorization', pick(random, ['Bearer x', 'Basic eDp5', 'Bearer', `Bearer ${'k'.repeat(300)}`, ''])],
    ['accept', '*/*, '.repeat(random.whole(50))],
    ['content-type', pick(random, ['application/json', ';', 'text/plain; charset=x'])],
    ['cookie', 'a=b; '.repeat(random.whole(100))],
    ['range', 'bytes=0-1,5-,-9'],
    ['if-none-match', '*'],
    ['x-http-method-override', 'DELETE'],
    ['origin', 'null'],
    ['transfer-encoding', pick(random, ['chunked', 'identity', 'x'])],
    ['content-length', pick(random, ['0', '5', 'x'])],
    ['connection', pick(random, ['close', 'keep-alive', 'upgrade', 'x-y'])],
    ['\xe9', '\xff'],
  ]
  return some.filter(() => random.whole(5) === 0)
}
