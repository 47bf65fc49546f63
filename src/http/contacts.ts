import type { FastifyPluginAsync } from 'fastify'
import { isoTime, type Clock } from '../lib/clock.ts'
import { isE164 } from '../lib/phone-number.ts'
import type { ContactRecord, Contacts } from '../ports/contacts.ts'
import {
  DEFAULT_LIMIT,
  guard,
  idParamsSchema,
  noQuerySchema,
  type OwnerRoutePorts,
  pageProperties,
  recordChange,
} from './owner-routes.ts'
import { RequestProblem } from './problem.ts'
import { refuseDuplicateKeys } from './strict-json.ts'

const line = String.raw`^(?=[\s\S]*\S)[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}]`

/** What may be said of a contact. Nothing is repaired, and nothing left out. */
const bodySchema = {
  type: 'object',
  additionalProperties: false,
  required: ['name'],
  properties: {
    name: { type: 'string', pattern: `${line}{1,80}$` },
    number: { type: 'string', maxLength: 16 },
    email: {
      type: 'string',
      maxLength: 254,
      pattern: String.raw`^[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63}){1,8}$`,
    },
    note: { type: 'string', pattern: String.raw`^(?:[\n\t]|[^\p{Cc}\p{Cs}]){1,1000}$` },
  },
} as const

const pageSchema = {
  type: 'object',
  additionalProperties: false,
  properties: { ...pageProperties, name: { type: 'string', minLength: 1, maxLength: 80 } },
} as const

type Body = Pick<ContactRecord, 'name' | 'number' | 'email' | 'note'>
type PageQuery = { readonly after?: string; readonly limit?: string; readonly name?: string }

/**
 * `/v1/contacts`: whom the owner knows, in the order of their ids, at most 200 at once; `next` is where to go on, and
 * absent at the end. With `name` those whose name holds it, and no further page. `/v1/contacts/{id}`: one of them, to be
 * read (scope `read`), put in whole or removed (scope `admin`): whom the owner knows is whom the agent may call.
 */
export function contactRoutes(
  options: OwnerRoutePorts & { readonly contacts: Contacts; readonly clock: Clock },
): FastifyPluginAsync {
  const { contacts, keyring } = options
  const read = { onRequest: guard(keyring, 'read') }
  const change = { onRequest: guard(keyring, 'admin') }
  const one = { params: idParamsSchema, querystring: noQuerySchema }
  return (app) => {
    refuseDuplicateKeys(app)
    app.get<{ Querystring: PageQuery }>(
      '/v1/contacts',
      { ...read, schema: { querystring: pageSchema } },
      ({ query }) => pageOf(contacts, query),
    )
    app.get<{ Params: { readonly id: string } }>(
      '/v1/contacts/:id',
      { ...read, schema: one },
      async ({ params: { id } }) => {
        const contact = await contacts.find(id)
        if (!contact) throw new RequestProblem('not-found')
        return shown(contact)
      },
    )
    app.put<{ Params: { readonly id: string }; Body: Body }>(
      '/v1/contacts/:id',
      { ...change, schema: { ...one, body: bodySchema } },
      async (request, reply) => {
        const { params, body } = request
        checkNumber(body.number)
        const { id } = params
        await recordChange(options, request, { setting: 'contact', state: 'put', id, number: body.number })
        const { contact, isNew } = await put(id, body, options)
        return reply.code(isNew ? 201 : 200).send(shown(contact))
      },
    )
    app.delete<{ Params: { readonly id: string } }>(
      '/v1/contacts/:id',
      { ...change, schema: one },
      async (request, reply) => {
        const { id } = request.params
        // The record comes before the deed, and what is not there cannot be removed.
        const known = await contacts.find(id)
        if (!known) throw new RequestProblem('not-found')
        const { number } = known
        await recordChange(options, request, { setting: 'contact', state: 'removed', id, number })
        if (!(await contacts.remove(id))) throw new RequestProblem('not-found')
        return reply.code(204).send()
      },
    )
    return Promise.resolve()
  }
}

async function pageOf(
  contacts: Contacts,
  { after = '', limit = DEFAULT_LIMIT, name }: PageQuery,
): Promise<Readonly<Record<string, unknown>>> {
  const maxContacts = Number(limit)
  if (name !== undefined) {
    if (after !== '') throw new RequestProblem('invalid-request', 'name and after exclude each other')
    return { contacts: (await contacts.findByName(name, maxContacts)).map(shown) }
  }
  const page = await contacts.page({ afterId: after, maxContacts })
  const last = page.length === maxContacts ? page.at(-1) : undefined
  return { contacts: page.map(shown), ...(last && { next: last.contactId }) }
}

async function put(
  contactId: string,
  { name, number, email, note }: Body,
  { contacts, clock }: { readonly contacts: Contacts; readonly clock: Clock },
): Promise<{ readonly contact: ContactRecord; readonly isNew: boolean }> {
  const known = await contacts.find(contactId)
  const updatedAtMs = Math.round(clock.wallMs())
  const contact = {
    contactId,
    name,
    ...(number !== undefined && { number }),
    ...(email !== undefined && { email }),
    ...(note !== undefined && { note }),
    createdAtMs: known?.createdAtMs ?? updatedAtMs,
    updatedAtMs,
  }
  await contacts.put(contact)
  return { contact, isNew: known === undefined }
}

/** The number itself stands in no answer and no log. */
function checkNumber(number: string | undefined): void {
  if (number === undefined || isE164(number)) return
  throw new RequestProblem('unprocessable', 'number must be in E.164: a plus sign and 7 to 15 digits')
}

function shown(contact: ContactRecord): Readonly<Record<string, unknown>> {
  const { contactId: id, createdAtMs, updatedAtMs, ...rest } = contact
  return { id, ...rest, created_at: isoTime(createdAtMs), updated_at: isoTime(updatedAtMs) }
}
