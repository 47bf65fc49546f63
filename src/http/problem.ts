import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Log } from '../ports/log.ts'

/** What can go wrong with a request, each with its HTTP status. The words are part of the interface. */
const statuses = {
  'invalid-request': 400,
  unauthorized: 401,
  forbidden: 403,
  'not-found': 404,
  'request-timeout': 408,
  conflict: 409,
  'too-large': 413,
  'unsupported-media-type': 415,
  unprocessable: 422,
  'too-many-requests': 429,
  internal: 500,
  unavailable: 503,
} as const

/** The kinds of problems that a client can meet. */
export type ProblemKind = keyof typeof statuses

/** Thrown by a route to end a request. Only `detail` reaches the client besides the kind: write it for strangers. */
export class RequestProblem extends Error {
  override readonly name = 'RequestProblem'
  readonly code: ProblemKind
  readonly detail: string | undefined

  constructor(kind: ProblemKind, detail?: string) {
    super(detail ?? kind)
    this.code = kind
    this.detail = detail
  }
}

/** The body of an error. Source: RFC 9457 §3. */
export type ProblemDocument = {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail?: string
  readonly instance?: string
}

/** Makes the document for a kind of problem. `type` never changes for a kind. */
export function problemDocument(
  kind: ProblemKind,
  more: { readonly detail?: string | undefined; readonly requestId?: string | undefined } = {},
): ProblemDocument {
  const status = statuses[kind]
  return {
    type: `urn:consigliere:problem:${kind}`,
    title: STATUS_CODES[status] ?? kind,
    status,
    ...(more.detail === undefined ? {} : { detail: more.detail }),
    ...(more.requestId === undefined ? {} : { instance: `urn:uuid:${more.requestId}` }),
  }
}

/** Answers every error and every unknown path of an instance, and of what is registered in it, as a problem document. */
export function answerWithProblems(app: FastifyInstance, log: Log): void {
  app.setErrorHandler((error: unknown, request, reply) => answerError(error, { request, reply, log }))
  app.setNotFoundHandler((request, reply) =>
    send(reply, problemDocument('not-found', { requestId: request.id })),
  )
}

/** Answers an error that a route or the framework threw; what is not the client's is logged and not shown. */
export function answerError(
  error: unknown,
  exchange: { readonly request: FastifyRequest; readonly reply: FastifyReply; readonly log: Log },
): FastifyReply {
  const { request, reply, log } = exchange
  const { id: requestId } = request
  if (error instanceof RequestProblem) {
    if (error.code === 'unauthorized') reply.header('www-authenticate', 'Bearer')
    return send(reply, problemDocument(error.code, { detail: error.detail, requestId }))
  }
  const kind = kindOf(error)
  if (kind === 'internal') {
    const url = request.routeOptions.url
    const code = textMember(error, 'code')
    log.event('error', 'requestFailed', {
      requestId,
      method: request.method,
      reason: error instanceof Error ? error.name : typeof error,
      ...(code === undefined ? {} : { code }),
      ...(url === undefined ? {} : { url }),
    })
  }
  return send(reply, problemDocument(kind, { requestId }))
}

/** Answers what was no HTTP request at all, or came too slowly. The socket has no request to answer to. */
export function answerBrokenRequest(error: Error, socket: Socket): void {
  if (textMember(error, 'code') === 'ECONNRESET' || socket.destroyed) return
  if (socket.writable) {
    const isSlow = textMember(error, 'code') === 'ERR_HTTP_REQUEST_TIMEOUT'
    const problem = problemDocument(isSlow ? 'request-timeout' : 'invalid-request')
    const body = JSON.stringify(problem)
    socket.write(
      `HTTP/1.1 ${problem.status} ${problem.title}\r\nContent-Type: application/problem+json\r\n` +
        `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    )
  }
  socket.destroySoon()
}

function send(reply: FastifyReply, problem: ProblemDocument): FastifyReply {
  return reply.code(problem.status).type('application/problem+json').send(problem)
}

/** The framework says what it thinks of a request by status; its message may quote the request. */
function kindOf(error: unknown): ProblemKind {
  const status = isFrameworkError(error) ? error.statusCode : undefined
  const known = Object.entries(statuses).find(([, value]) => value === status && value < 500)
  if (known) return known[0] as ProblemKind
  return status !== undefined && status >= 400 && status < 500 ? 'invalid-request' : 'internal'
}

function isFrameworkError(error: unknown): error is FastifyError & { readonly statusCode: number } {
  if (!(error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number')) return false
  return 'validation' in error || (textMember(error, 'code') ?? '').startsWith('FST_')
}

function textMember(value: unknown, name: string): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const member: unknown = Reflect.get(value, name)
  return typeof member === 'string' ? member : undefined
}
