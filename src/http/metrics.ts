import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import type { Keyring } from './api-keys.ts'

/** Where the numbers come from and who may see them. */
export type MetricsOptions = {
  readonly source: { readonly contentType: string; exposition(): Promise<string> }
  readonly keyring: Keyring
  /** The server listens on loopback alone, so that whoever reaches it is on this machine. */
  readonly isLoopback: boolean
}

/** Headers that a reverse proxy or a tunnel adds: what it forwards comes to loopback, but not from it. */
const proxyHeaders = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip'] as const

/** `/metrics` in the text format of Prometheus: open on loopback, otherwise for keys with the scope `metrics`. */
export function metricsRoutes(options: MetricsOptions): FastifyPluginAsync {
  const { source, keyring, isLoopback } = options
  return (app) => {
    app.get('/metrics', async (request, reply) => {
      if (!isLoopback || isForwarded(request)) keyring.require(request, 'metrics')
      return reply
        .header('cache-control', 'no-store')
        .type(source.contentType)
        .send(await source.exposition())
    })
    return Promise.resolve()
  }
}

function isForwarded(request: FastifyRequest): boolean {
  return proxyHeaders.some((name) => request.headers[name] !== undefined)
}
