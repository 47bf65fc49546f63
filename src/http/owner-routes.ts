import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ApiScope } from '../lib/api-scope.ts'
import type { AuditData, AuditLog } from '../ports/audit.ts'
import type { People } from '../ports/people.ts'
import type { Keyring } from './api-keys.ts'

/** What the routes to the owner's own things are guarded and recorded with. */
export type OwnerRoutePorts = {
  readonly keyring: Keyring
  readonly audit: Pick<AuditLog, 'record'>
  readonly people: Pick<People, 'idOf' | 'keyed'>
}

/** Ids as we make them, and as others may choose them. */
export const idSchema = { type: 'string', pattern: '^[A-Za-z0-9_-]{1,64}$' } as const

/** The path of one thing. */
export const idParamsSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['id'],
  properties: { id: idSchema },
} as const

/** A page, as texts: that is what a query is made of, and nothing else is taken for a number. */
export const pageProperties = {
  after: idSchema,
  limit: { type: 'string', pattern: '^([1-9][0-9]?|1[0-9][0-9]|200)$' },
} as const

/** No query at all. */
export const noQuerySchema = { type: 'object', additionalProperties: false, properties: {} } as const

/** Things of a page where nobody says how many. */
export const DEFAULT_LIMIT = '50'

/** Lets requests pass whose key has a scope; what they are answered is stored by nobody on the way. */
export function guard(
  keyring: Keyring,
  scope: ApiScope,
): (request: FastifyRequest, reply: FastifyReply, done: () => void) => void {
  return (request, reply, done) => {
    keyring.require(request, scope)
    reply.header('cache-control', 'no-store')
    done()
  }
}

/** What is changed: `number` is that of a contact who has one, in E.164. */
export type OwnerChange = {
  readonly setting: 'contact' | 'message'
  readonly state: 'put' | 'removed'
  readonly id: string
  readonly number?: string | undefined
}

/** Records that a key changes something of the owner's, before it is changed. */
export async function recordChange(
  { audit, keyring, people }: OwnerRoutePorts,
  request: FastifyRequest,
  { setting, state, id, number }: OwnerChange,
): Promise<void> {
  const { name } = keyring.require(request, 'admin')
  const what = await named({ id, number }, people)
  await audit.record({
    kind: 'config',
    actor: `key:${name}`,
    strength: 'S4',
    data: { setting, state, ...what },
  })
}

/**
 * What is changed, as the audit log may have it: a person, or else the keyed hash of an id, which whoever chose it may have
 * made of a name. Never both: after an erasure they would lead from the one to the other.
 */
async function named(
  { id, number }: Pick<OwnerChange, 'id' | 'number'>,
  people: OwnerRoutePorts['people'],
): Promise<Pick<AuditData, 'person' | 'textHash'>> {
  return number === undefined ? { textHash: people.keyed(id) } : { person: await people.idOf(number) }
}
