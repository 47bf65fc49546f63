import type { FastifyPluginAsync } from 'fastify'
import { isoTime } from '../lib/clock.ts'
import type { Messages } from '../ports/messages.ts'
import type { Recordings } from '../ports/recordings.ts'
import type { MessageRecord } from '../ports/storage.ts'
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

const pageSchema = { type: 'object', additionalProperties: false, properties: pageProperties } as const
const oneSchema = { params: idParamsSchema, querystring: noQuerySchema }

/**
 * `/v1/messages`: what callers left, the newest first, at most 200 at once; `next` is where to go on, and absent at the
 * end, and no page begins after a message that is not there. `/v1/messages/{id}`: one of them, to be read (scope `read`)
 * or removed for good (scope `admin`), a recording at the telephone network, too: where that fails it stays, and the answer
 * is 503.
 * @param options.recordings undefined without a telephone network
 */
export function messageRoutes(
  options: OwnerRoutePorts & { readonly messages: Messages; readonly recordings: Recordings | undefined },
): FastifyPluginAsync {
  const { messages, keyring, recordings } = options
  const read = { onRequest: guard(keyring, 'read') }
  const change = { onRequest: guard(keyring, 'admin') }
  return (app) => {
    app.get<{ Querystring: { readonly after?: string; readonly limit?: string } }>(
      '/v1/messages',
      { ...read, schema: { querystring: pageSchema } },
      async ({ query: { after, limit = DEFAULT_LIMIT } }) => {
        const maxMessages = Number(limit)
        const page = await messages.page({ ...(after !== undefined && { afterId: after }), maxMessages })
        if (!page) throw new RequestProblem('not-found', 'after names a message that is not there')
        const last = page.length === maxMessages ? page.at(-1) : undefined
        return { messages: page.map(shown), ...(last && { next: last.messageId }) }
      },
    )
    app.get<{ Params: { readonly id: string } }>(
      '/v1/messages/:id',
      { ...read, schema: oneSchema },
      async ({ params: { id } }) => {
        const message = await messages.find(id)
        if (!message) throw new RequestProblem('not-found')
        return shown(message)
      },
    )
    app.delete<{ Params: { readonly id: string } }>(
      '/v1/messages/:id',
      { ...change, schema: oneSchema },
      async (request, reply) => {
        const { id } = request.params
        // The record comes before the deed, and what is not there cannot be removed.
        const message = await messages.find(id)
        if (!message) throw new RequestProblem('not-found')
        await recordChange(options, request, { setting: 'message', state: 'removed', id })
        if (message.kind === 'recording') await deleteRecording(message.recordingSid, recordings)
        if (!(await messages.remove(id))) throw new RequestProblem('not-found')
        return reply.code(204).send()
      },
    )
    return Promise.resolve()
  }
}

/** The network deletes it first: nothing else would name it afterwards. */
async function deleteRecording(recordingSid: string, recordings: Recordings | undefined): Promise<void> {
  const deleted = await recordings?.deleteRecording(recordingSid)
  if (deleted?.ok === false)
    throw new RequestProblem('unavailable', 'The recording could not be deleted at the network: try again')
}

function shown(message: MessageRecord): Readonly<Record<string, unknown>> {
  const { messageId: id, callSid: call, from, receivedAtMs, notice } = message
  const common = { id, kind: message.kind, call, from, received_at: isoTime(receivedAtMs), notice }
  if (message.kind === 'recording') {
    return { ...common, recording: message.recordingSid, duration_seconds: message.durationSeconds }
  }
  return { ...common, text: message.text, caller_name: message.callerName, call_back: message.callBack }
}
