import type { Clock } from '../../lib/clock.ts'
import { deadline } from '../../lib/clock.ts'
import type { Random } from '../caller/random.ts'
import type { Log, WebhookPurpose } from './event-log.ts'
import { shownUrl } from './event-log.ts'
import type { Fields } from './signature.ts'
import { signRequest } from './signature.ts'
import type { Transport } from './transport.ts'
import type { HttpMethod } from './twiml.ts'

/** A request to the product. */
export type WebhookRequest = {
  readonly purpose: WebhookPurpose
  /** As configured; a fragment `#rc=1&rt=3000` asks for retries and a shorter wait and is not sent. */
  readonly url: string
  readonly method: HttpMethod
  readonly fields: Fields
  readonly callSid: string | undefined
}

/** The product's answer, or Twilio's error code for its absence. */
export type WebhookResult =
  | { readonly ok: true; readonly status: number; readonly contentType: string; readonly body: string }
  | { readonly ok: false; readonly errorCode: number; readonly reason: string }

/** Sends a signed request and gives what came back; it never rejects. */
export type SendWebhook = (request: WebhookRequest) => Promise<WebhookResult>

/** What a webhook sender needs. */
export type WebhookOptions = {
  readonly clock: Clock
  readonly transport: Pick<Transport, 'request'>
  readonly authToken: string
  readonly random: Random
  readonly log: Log
  /** Total time for one answer. */
  readonly timeoutMs: number
  /** Ends whatever is under way when the fake closes. */
  readonly closing: AbortSignal
  /** Maps a public origin to the one to call; the signature keeps the public one. */
  readonly rewriteHttpOrigin: (origin: string) => string
  /** True when this request is to be delivered a second time, as Twilio may. */
  readonly redeliver: (request: WebhookRequest) => boolean
}

/**
 * Makes the sender of all webhooks: form-encoded, signed, at most timeoutMs each, retried as the URL asks.
 * Source: Twilio, "Webhooks (HTTP callbacks)": connection overrides; error codes 11200 to 11220
 */
export function webhookSender(options: WebhookOptions): SendWebhook {
  return async (request) => {
    const [url = '', fragment = ''] = request.url.split('#')
    const overrides = new URLSearchParams(fragment)
    const retries = bounded(overrides.get('rc'), 0, 5)
    const timeoutMs = bounded(overrides.get('rt'), options.timeoutMs, options.timeoutMs)
    const token = `${options.random.hex(8)}-${options.random.hex(4)}-4${options.random.hex(3)}-a${options.random.hex(3)}-${options.random.hex(12)}`
    const attempt = (): Promise<WebhookResult> => sendOnce({ ...options, request, url, token, timeoutMs })
    let result = await attempt()
    for (let retry = 0; retry < retries && !result.ok && result.errorCode === 11_205; retry++)
      result = await attempt()
    if (options.redeliver(request)) await attempt()
    return result
  }
}

async function sendOnce(
  options: WebhookOptions & {
    readonly request: WebhookRequest
    readonly url: string
    readonly token: string
  },
): Promise<WebhookResult> {
  const { clock, request, url, log } = options
  const startMs = clock.nowMs()
  const { result, status } = await answerTo(options)
  const about = request.fields.find(([name]) => /^(StreamEvent|MessageStatus|RecordingStatus)$/.test(name))
  log({
    kind: 'webhook',
    purpose: request.purpose,
    callSid: request.callSid,
    url: shownUrl(url),
    about: (about ?? request.fields.find(([name]) => name === 'CallStatus'))?.[1],
    status,
    errorCode: result.ok ? undefined : result.errorCode,
    tookMs: clock.nowMs() - startMs,
  })
  return result
}

async function answerTo(
  options: WebhookOptions & {
    readonly request: WebhookRequest
    readonly url: string
    readonly token: string
  },
): Promise<{ readonly result: WebhookResult; readonly status?: number }> {
  const { request } = options
  const form = new URLSearchParams(request.fields.map(([name, value]) => [name, value])).toString()
  const signedUrl =
    request.method === 'GET' && form
      ? `${options.url}${options.url.includes('?') ? '&' : '?'}${form}`
      : options.url
  const parsed = URL.parse(signedUrl)
  if (!parsed) return { result: failed(11_100, `Malformed URL ${shownUrl(options.url)}`) }
  const target = options.rewriteHttpOrigin(parsed.origin) + parsed.pathname + parsed.search
  using limit = deadline({
    clock: options.clock,
    delayMs: options.timeoutMs,
    signal: options.closing,
    reason: 'No answer in time',
  })
  try {
    const response = await options.transport.request({
      url: target,
      method: request.method,
      headers: {
        host: parsed.host,
        'user-agent': 'TwilioProxy/1.1',
        accept: '*/*',
        'i-twilio-idempotency-token': options.token,
        'x-twilio-signature': signRequest(
          options.authToken,
          signedUrl,
          request.method === 'GET' ? [] : request.fields,
        ),
        ...(request.method === 'POST' && {
          'content-type': 'application/x-www-form-urlencoded; charset=UTF-8',
        }),
      },
      body: request.method === 'POST' ? form : '',
      signal: limit.signal,
    })
    const { status } = response
    if (status >= 200 && status < 300) return { result: { ok: true, ...response }, status }
    return { result: failed(11_200, `Got HTTP ${status}`), status }
  } catch (error) {
    if (limit.signal.aborted) return { result: failed(11_200, 'No answer in time') }
    return { result: failed(connectionError(error), 'No connection') }
  }
}

function failed(errorCode: number, reason: string): WebhookResult {
  return { ok: false, errorCode, reason }
}

function connectionError(error: unknown): number {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 11_210
  return /TLS|SSL|CERT/.test(code) ? 11_220 : 11_205
}

function bounded(text: string | null, otherwise: number, most: number): number {
  const value = text !== null && /^\d{1,6}$/.test(text) ? Number(text) : otherwise
  return Math.min(value, most)
}
