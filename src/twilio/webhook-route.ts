import type { RouteHandlerMethod } from 'fastify'
import type { Clock } from '../lib/clock.ts'
import type { CallAnswer } from '../ports/incoming-calls.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { Form } from './form.ts'
import type { PublicAddress } from './public-address.ts'
import type { RefusalRoute, Refusals } from './refusals.ts'
import { twimlFor } from './twiml.ts'
import { passGate } from './webhook-gate.ts'
import type { WebhookTrust } from './webhook-gate.ts'

/** What every webhook route works with. */
export type WebhookContext = {
  readonly trust: WebhookTrust
  readonly address: PublicAddress
  readonly refusals: Refusals
  readonly metrics: Metrics
  readonly clock: Clock
}

/** How a verified webhook is answered. */
export type WebhookAnswer =
  | { readonly kind: 'twiml'; readonly answer: CallAnswer }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'malformed' }

/**
 * A route handler that lets only verified webhooks through. Every refusal has an empty body and closes the
 * connection, so that what was not read of the request never is.
 */
export function webhookRoute(
  context: WebhookContext,
  route: Exclude<RefusalRoute, 'media'>,
  handle: (webhook: { readonly form: Form; readonly target: string }) => Promise<WebhookAnswer>,
): RouteHandlerMethod {
  return async (request, reply) => {
    const startedMs = context.clock.nowMs()
    const pass = await passGate(request, context.trust)
    if (!pass.ok) {
      context.refusals.add(route, pass.reason)
      return reply.code(pass.status).header('connection', 'close').send()
    }
    const answer = await handle(pass)
    switch (answer.kind) {
      case 'twiml':
        reply.code(200).type('text/xml; charset=utf-8')
        context.metrics.observe('webhook_answer_ms', context.clock.nowMs() - startedMs, { route })
        return reply.send(twimlFor(answer.answer, context.address))
      case 'nothing':
        reply.code(204)
        break
      case 'malformed':
        // Signed and still not what Twilio documents: our side of the contract is out of date, or somebody tries.
        context.refusals.add(route, 'malformed')
        reply.code(400).header('connection', 'close')
    }
    return reply.send()
  }
}
