import type { FastifyPluginAsync } from 'fastify'
import type { Keyring } from './api-keys.ts'

/** What the health routes tell. */
export type HealthOptions = {
  readonly version: string
  readonly keyring: Keyring
  /** Why this server would not take a call now; empty when it would. */
  readonly notReady: () => readonly string[]
}

/**
 * `/healthz`: this process is alive. `/readyz`: it would take a call now (200) or not (503); the reasons are for
 * those with a key, whatever its scopes.
 */
export function healthRoutes(options: HealthOptions): FastifyPluginAsync {
  return (app) => {
    app.get('/healthz', (_request, reply) =>
      reply.header('cache-control', 'no-store').send({ status: 'ok', version: options.version }),
    )
    app.get('/readyz', (request, reply) => {
      const reasons = options.notReady()
      const isReady = reasons.length === 0
      const isKnown = options.keyring.identify(request.headers.authorization) !== undefined
      return reply
        .code(isReady ? 200 : 503)
        .header('cache-control', 'no-store')
        .send({ status: isReady ? 'ready' : 'not ready', ...(isKnown ? { reasons } : {}) })
    })
    return Promise.resolve()
  }
}
