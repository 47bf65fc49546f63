import type { FastifyRequest } from 'fastify'
import type { Clock } from '../lib/clock.ts'
import { parseForm } from './form.ts'
import type { Form } from './form.ts'
import type { RefusalReason } from './refusals.ts'
import { readBody } from './request-body.ts'
import { isSignedForm } from './signature.ts'
import type { AuthTokens } from './signature.ts'

/** What a webhook is checked against. The URL comes from the configuration alone, never from a request header. */
export type WebhookTrust = {
  readonly origin: string
  readonly tokens: AuthTokens
  readonly accountSid: string
  readonly clock: Clock
  readonly bodyDeadlineMs: number
}

/** A webhook that is certainly Twilio's and about our account, or the answer for it. */
export type GatePass =
  | { readonly ok: true; readonly form: Form; readonly target: string }
  | { readonly ok: false; readonly status: 400 | 403 | 408 | 413 | 415; readonly reason: RefusalReason }

const MAX_BODY_BYTES = 65_536
const formType = /^application\/x-www-form-urlencoded\s*(;|$)/i

/**
 * Fields that our decisions rest on. Twilio sends each once; the signature has no delimiters between fields, so that
 * a second one is a sign of a request that was put together from another.
 */
const decisiveFields = [
  'AccountSid',
  'CallSid',
  'CallStatus',
  'Direction',
  'From',
  'To',
  'StirVerstat',
  'SequenceNumber',
  'CallDuration',
  'ErrorCode',
  'StreamSid',
  'StreamEvent',
  'StreamError',
  'MessageSid',
  'MessageStatus',
]

/**
 * Verifies, then parses: header present → type → body within bounds → signature → one value per decisive field →
 * our account. Nothing is read from the body of a request without a signature header.
 */
export async function passGate(request: FastifyRequest, trust: WebhookTrust): Promise<GatePass> {
  const signature = request.headers['x-twilio-signature']
  if (typeof signature !== 'string' || signature === '') return refuse(403, 'noSignature')
  if (!formType.test(request.headers['content-type'] ?? '')) return refuse(415, 'contentType')
  if (request.headers['content-encoding'] !== undefined) return refuse(415, 'contentType')

  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) return refuse(413, 'tooLarge')
  const body = await readBody({
    source: request.raw,
    maxBytes: MAX_BODY_BYTES,
    deadlineMs: trust.bodyDeadlineMs,
    clock: trust.clock,
  })
  if (!body.ok) return refuse(bodyStatus[body.reason], body.reason)

  const form = parseForm(body.bytes)
  if (!form) return refuse(403, 'undecodable')
  const target = request.raw.url ?? ''
  if (!isSignedForm(trust.tokens, { signature, url: trust.origin + target, form })) {
    return refuse(403, 'signature')
  }
  if (decisiveFields.some((name) => (form.get(name)?.length ?? 0) > 1)) return refuse(403, 'repeatedField')
  if (form.get('AccountSid')?.[0] !== trust.accountSid) return refuse(403, 'account')
  return { ok: true, form, target }
}

const bodyStatus = { tooLarge: 413, tooSlow: 408, aborted: 400 } as const

function refuse(
  status: 400 | 403 | 408 | 413 | 415,
  reason: RefusalReason,
): Extract<GatePass, { readonly ok: false }> {
  return { ok: false, status, reason }
}
