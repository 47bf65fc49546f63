import type { FastifyInstance } from 'fastify'
import type { IncomingCalls } from '../ports/incoming-calls.ts'
import { afterStreamOf, callOfferOf } from './webhook-fields.ts'
import { webhookRoute } from './webhook-route.ts'
import type { WebhookContext } from './webhook-route.ts'

/** The two webhooks that are answered with TwiML: a call that comes in or was answered, and a stream that is over. */
export function addVoiceWebhooks(
  scope: FastifyInstance,
  context: WebhookContext & { readonly calls: IncomingCalls },
): void {
  const { calls } = context
  scope.post(
    '/twilio/voice',
    webhookRoute(context, 'voice', async ({ form, target }) => {
      const offer = callOfferOf(form, target)
      if (!offer) return { kind: 'malformed' }
      return { kind: 'twiml', answer: await calls.offer(offer) }
    }),
  )
  scope.post(
    '/twilio/after-stream',
    webhookRoute(context, 'after-stream', async ({ form }) => {
      const asked = afterStreamOf(form)
      if (!asked) return { kind: 'malformed' }
      return { kind: 'twiml', answer: await calls.afterStream(asked.callSid, asked.report) }
    }),
  )
}
