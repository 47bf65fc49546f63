import { seededRandom } from '../caller/random.ts'
import type { CallWorld } from './call-world.ts'
import { stampedLog } from './event-log.ts'
import type { FakeTwilioOptions } from './fake-twilio-options.ts'
import { FrontProxy } from './front-proxy.ts'
import { defaultLimits } from './limits.ts'
import { networkTransport } from './network-transport.ts'
import { Recordings } from './recordings.ts'
import { webhookSender } from './webhook.ts'

/** What the calls of an account need from it, by its options and their defaults. */
export function createAccountWorld(
  options: FakeTwilioOptions,
  account: { readonly closing: AbortSignal; readonly origin: () => string },
): CallWorld {
  const { clock, accountSid, authToken } = options
  const limits = { ...defaultLimits, ...options.limits }
  const log = stampedLog(clock, options.onEvent ?? (() => {}))
  const transport = options.transport ?? networkTransport()
  const random = seededRandom(options.seed ?? 1)
  const proxy = new FrontProxy({ clock, transport })
  const sendWebhook = webhookSender({
    clock,
    transport: proxy,
    authToken,
    random: seededRandom(random.whole(2 ** 32)),
    log,
    timeoutMs: limits.webhookMs,
    closing: account.closing,
    rewriteHttpOrigin: options.rewriteHttpOrigin ?? ((origin) => origin),
    redeliver: options.redeliver ?? (() => false),
  })
  return {
    clock,
    random,
    accountSid,
    authToken,
    limits,
    log,
    transport,
    proxy,
    sendWebhook,
    speech: options.speech ?? (() => undefined),
    answerOutbound: options.answerOutbound ?? (() => ({ kind: 'noAnswer' })),
    recordings: new Recordings(limits.remembered),
    origin: account.origin,
    rewriteWsOrigin: options.rewriteWsOrigin ?? ((origin) => origin),
  }
}
