import type { FastifyInstance } from 'fastify'
import type { EffectCallbacks } from '../ports/effect-callbacks.ts'
import type { IncomingCalls, StreamStatusUpdate } from '../ports/incoming-calls.ts'
import type { Log } from '../ports/log.ts'
import { sentenceFor } from './error-table.ts'
import { callStatusOf, recordingOf, streamStatusOf, textStatusOf } from './webhook-fields.ts'
import { webhookRoute } from './webhook-route.ts'
import type { WebhookContext } from './webhook-route.ts'

/**
 * The callbacks that only tell: about a call, its media stream, a text message, and a recorded message. All are answered
 * with 204.
 */
export function addStatusWebhooks(
  scope: FastifyInstance,
  context: WebhookContext & {
    readonly calls: IncomingCalls
    readonly effects: EffectCallbacks | undefined
    readonly log: Log
  },
): void {
  const { calls, effects, log } = context
  scope.post(
    '/twilio/status',
    webhookRoute(context, 'status', async ({ form, target }) => {
      const update = callStatusOf(form, target)
      if (!update) return { kind: 'malformed' }
      await calls.onStatus(update)
      const { ref } = update
      if (ref !== undefined) await effects?.onCallStatus({ ...update, ref })
      return { kind: 'nothing' }
    }),
  )
  scope.post(
    '/twilio/sms-status',
    webhookRoute(context, 'sms-status', async ({ form, target }) => {
      const update = textStatusOf(form, target)
      if (!update) return { kind: 'malformed' }
      await effects?.onTextStatus(update)
      return { kind: 'nothing' }
    }),
  )
  scope.post(
    '/twilio/stream-status',
    webhookRoute(context, 'stream-status', async ({ form }) => {
      const update = streamStatusOf(form)
      if (!update) return { kind: 'malformed' }
      logStreamError(log, update)
      await calls.onStreamStatus(update)
      return { kind: 'nothing' }
    }),
  )
  scope.post(
    '/twilio/recording',
    webhookRoute(context, 'recording', async ({ form }) => {
      const update = recordingOf(form)
      if (!update) return { kind: 'malformed' }
      if (update !== 'notReady') await calls.onRecording(update)
      return { kind: 'nothing' }
    }),
  )
}

/** The only place where Twilio's own view of a broken socket reaches us. */
function logStreamError(log: Log, update: StreamStatusUpdate): void {
  if (update.event !== 'stream-error' && update.error === undefined) return
  const code = /\b319\d\d\b/.exec(update.error ?? '')?.[0]
  const sentence = (code === undefined ? undefined : sentenceFor(code)) ?? update.error
  log.forCall(update.callSid).event('warn', 'streamError', {
    streamSid: update.streamSid,
    ...(code === undefined ? {} : { code }),
    ...(sentence === undefined ? {} : { sentence }),
  })
}
