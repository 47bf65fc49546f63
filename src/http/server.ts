import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { fastify, type FastifyInstance } from 'fastify'
import helmet from 'helmet'
import type { Log } from '../ports/log.ts'
import { answerBrokenRequest, answerError, answerWithProblems } from './problem.ts'

const maxBodyBytes = 65_536
const maxCheckingIntervalMs = 1000
/** Requests that are under way when the server closes get this long for their answer. */
const lastAnswersMs = 2000

/**
 * Makes the HTTP server that all routes are registered on. Not listening yet.
 * @param options.requestDeadlineMs the time in which a request must have arrived, body included
 */
export function createServer(options: {
  readonly log: Log
  readonly requestDeadlineMs: number
  /** Which requests may become websockets; the others are answered as if they had not asked. */
  readonly shouldUpgrade?: (request: IncomingMessage) => boolean
}): FastifyInstance {
  const { log, requestDeadlineMs, shouldUpgrade } = options
  const app = fastify({
    logger: false,
    bodyLimit: maxBodyBytes,
    genReqId: () => randomUUID(),
    requestTimeout: requestDeadlineMs,
    http: {
      requestTimeout: requestDeadlineMs,
      ...(shouldUpgrade && { shouldUpgradeCallback: shouldUpgrade }),
      // With a longer headersTimeout Node swaps the two; with its usual interval of 30 s it looks too seldom.
      headersTimeout: requestDeadlineMs,
      connectionsCheckingInterval: Math.min(maxCheckingIntervalMs, Math.ceil(requestDeadlineMs / 4)),
    },
    // Refuse, do not repair: a text is no number, and an extra field is an error and not to be dropped.
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false } },
    frameworkErrors: (error, request, reply) => {
      answerError(error, { request, reply, log })
    },
    clientErrorHandler: answerBrokenRequest,
  })
  app.removeContentTypeParser('text/plain')
  answerWithProblems(app, log)
  endConnectionsWhenClosing(app)
  // Nothing here is a page yet: no script, style or frame from anywhere. A page of ours says what it needs at its route.
  const nothing = ["'none'"]
  // Made once: Fastify's plugin makes all of it again for every request: a third of what a refused one costs.
  const secure = helmet({
    xFrameOptions: { action: 'deny' },
    // For browsers of the past, and for pages.
    originAgentCluster: false,
    xDnsPrefetchControl: false,
    xDownloadOptions: false,
    xPermittedCrossDomainPolicies: false,
    xXssProtection: false,
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: nothing, baseUri: nothing, formAction: nothing, frameAncestors: nothing },
    },
  })
  app.addHook('onRequest', (request, reply, done) =>
    secure(request.raw, reply.raw, (error) => done(error instanceof Error ? error : undefined)),
  )
  return app
}

/**
 * Closing ends connections that are idle at that moment. One whose last request is being answered just then would be
 * kept alive, and the server with it, for as long as its client likes: 72 seconds.
 */
function endConnectionsWhenClosing(app: FastifyInstance): void {
  let isClosing = false
  app.addHook('preClose', (done) => {
    isClosing = true
    AbortSignal.timeout(lastAnswersMs).addEventListener('abort', () => app.server.closeAllConnections())
    done()
  })
  app.addHook('onSend', async (_request, reply) => {
    if (isClosing) reply.header('connection', 'close')
    return Promise.resolve()
  })
}
