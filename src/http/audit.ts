import type { FastifyPluginAsync } from 'fastify'
import type { AuditLog, AuditRecord, AuditVerdict } from '../ports/audit.ts'
import type { Keyring } from './api-keys.ts'

const defaultRecords = 100

/** What the routes of the audit log read. */
export type AuditOptions = {
  readonly audit: Pick<AuditLog, 'page' | 'verify'>
  readonly keyring: Keyring
}

type PageQuery = { readonly after?: string; readonly limit?: string }

/** As texts, since that is what a query is made of: nothing else is taken for a number. */
const querySchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    after: { type: 'string', pattern: '^(0|[1-9][0-9]{0,9})$' },
    limit: { type: 'string', pattern: '^([1-9][0-9]{0,2}|1000)$' },
  },
}
const noQuerySchema = { type: 'object', additionalProperties: false, properties: {} }

/**
 * `/v1/audit`: the records after one, the oldest first, at most a thousand at once; `next` is where to go on, and absent
 * at the end. `/v1/audit/verify`: whether the chain is whole, and if not, where it first is not. For keys with the scope
 * `audit`.
 */
export function auditRoutes({ audit, keyring }: AuditOptions): FastifyPluginAsync {
  const verify = oneAtATime(() => audit.verify())
  return (app) => {
    app.addHook('onRequest', (request, reply, done) => {
      keyring.require(request, 'audit')
      reply.header('cache-control', 'no-store')
      done()
    })
    app.get<{ Querystring: PageQuery }>('/v1/audit', { schema: { querystring: querySchema } }, (request) =>
      pageOf(audit, request.query),
    )
    app.get('/v1/audit/verify', { schema: { querystring: noQuerySchema } }, verify)
    return Promise.resolve()
  }
}

async function pageOf(
  audit: Pick<AuditLog, 'page'>,
  { after = '0', limit = `${defaultRecords}` }: PageQuery,
): Promise<{ readonly records: readonly AuditRecord[]; readonly next?: number }> {
  const maxRecords = Number(limit)
  const records = await audit.page({ afterSeq: Number(after), maxRecords })
  const last = records.at(-1)
  return { records, ...(last && records.length === maxRecords && { next: last.seq }) }
}

/** Whoever asks while a walk is under way gets the answer of the next one, which then serves all of them. */
function oneAtATime(verify: () => Promise<AuditVerdict>): () => Promise<AuditVerdict> {
  let running: Promise<unknown> = Promise.resolve()
  let next: Promise<AuditVerdict> | undefined
  return () => {
    next ??= running.then(() => {
      const walk = verify()
      next = undefined
      running = walk.catch(() => undefined)
      return walk
    })
    return next
  }
}
