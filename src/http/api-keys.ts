import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import type { ApiKey, ApiScope } from '../lib/api-scope.ts'
import type { Metrics } from '../ports/metrics.ts'
import { RequestProblem } from './problem.ts'

/** The keys that open our own routes. */
export type Keyring = {
  /** The key that an `Authorization` header presents, or undefined when it is none of ours. */
  identify(authorization: string | undefined): ApiKey | undefined
  /**
   * Lets a request pass that presents a key with this scope, or with `admin`.
   * @throws RequestProblem `unauthorized` without a key of ours, `forbidden` when the key has not this scope
   */
  require(request: FastifyRequest, scope: ApiScope): ApiKey
}

/** Makes a keyring of the keys' hashes. */
export function createKeyring(options: {
  readonly keys: readonly ApiKey[]
  readonly metrics: Metrics
}): Keyring {
  const entries = options.keys.map((key) => ({ key, hash: Buffer.from(key.sha256, 'hex') }))

  function identify(authorization: string | undefined): ApiKey | undefined {
    const [, presented] = /^Bearer ([\x21-\x7e]{1,256})$/i.exec(authorization ?? '') ?? []
    if (presented === undefined) return undefined
    const hash = createHash('sha256').update(presented).digest()
    let found: ApiKey | undefined
    // INVARIANT: every entry is compared, each in constant time, so that the time tells nothing about the keys.
    for (const entry of entries) {
      if (timingSafeEqual(hash, entry.hash)) found = entry.key
    }
    return found
  }

  function refuse(kind: 'unauthorized' | 'forbidden'): never {
    options.metrics.count('refusals_total', { route: 'api', reason: kind })
    throw new RequestProblem(kind)
  }

  return {
    identify,
    require(request, scope) {
      const key = identify(request.headers.authorization) ?? refuse('unauthorized')
      return key.scopes.includes(scope) || key.scopes.includes('admin') ? key : refuse('forbidden')
    },
  }
}
