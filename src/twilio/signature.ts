import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Form } from './form.ts'
import { TwilioError } from './twilio-error.ts'

/** The account's auth token, and the one before it while a rotation is under way. */
export type AuthTokens = readonly [current: string, previous?: string | undefined]

const noFields: Form = new Map()

/**
 * Refuses tokens that cannot protect anything: with an empty key everybody can sign.
 * @throws TwilioError `emptyAuthToken`
 */
export function checkTokens(tokens: AuthTokens): void {
  for (const token of tokens) {
    if (token?.trim() === '') {
      throw new TwilioError({
        code: 'emptyAuthToken',
        sentence: 'Cannot verify webhooks: TWILIO_AUTH_TOKEN is empty',
      })
    }
  }
}

/**
 * Tells whether a webhook was signed with one of the tokens.
 *
 * The value is base64(HMAC-SHA1(token, URL + every name followed by its value, names sorted)); values of a repeated
 * name are de-duplicated and sorted. The URL may have been signed with or without its port. Written here and not
 * taken from the SDK, whose loading takes 0.2 s and which throws on odd URLs; the tests hold it to the SDK's verdict.
 * Source: Twilio's "Webhooks security" page; twilio 6.2.0 lib/webhooks/webhooks.js
 * @param request.url the configured public origin followed by the raw request target
 */
export function isSignedForm(
  tokens: AuthTokens,
  request: { readonly signature: string; readonly url: string; readonly form: Form },
): boolean {
  return isSigned(tokens, { ...request, urls: portVariants(request.url) })
}

/**
 * Tells whether a websocket upgrade was signed with one of the tokens. There are no fields; the URL has the scheme
 * wss and may have been signed with a slash at its end, and with or without its port.
 * Source: Twilio's Media Streams page, and code in the field that accepts the slash
 */
export function isSignedUpgrade(
  tokens: AuthTokens,
  request: { readonly signature: string; readonly url: string },
): boolean {
  const urls = [...portVariants(request.url), ...portVariants(`${request.url}/`)]
  return isSigned(tokens, { signature: request.signature, urls, form: noFields })
}

/** The signature that Twilio gives a request: of a form, or with none of an upgrade. The URL is the one it calls. */
export function signatureOf(token: string, request: { readonly url: string; readonly form?: Form }): string {
  return hmacOf(token, request.url + signedFields(request.form ?? noFields))
}

function isSigned(
  tokens: AuthTokens,
  request: { readonly signature: string; readonly urls: readonly string[]; readonly form: Form },
): boolean {
  const given = Buffer.from(request.signature, 'latin1')
  // 28 characters are the base64 of SHA-1's 20 bytes. The length is no secret.
  if (given.length !== 28) return false
  const fields = signedFields(request.form)
  return tokens.some(
    (token) =>
      token !== undefined &&
      request.urls.some((url) => {
        return timingSafeEqual(given, Buffer.from(hmacOf(token, url + fields), 'latin1'))
      }),
  )
}

function hmacOf(token: string, text: string): string {
  return createHmac('sha1', token).update(text, 'utf8').digest('base64')
}

function signedFields(form: Form): string {
  let text = ''
  for (const name of [...form.keys()].toSorted()) {
    for (const value of [...new Set(form.get(name))].toSorted()) text += name + value
  }
  return text
}

/** The URL without a port, and with the one that it has or that its scheme implies. */
function portVariants(url: string): readonly string[] {
  const parts = /^(https?|wss?)(:\/\/)(\[[^\]]*\]|[^/:?#]*)(:\d+)?(.*)$/s.exec(url)
  if (!parts) return [url]
  const [, scheme = '', slashes = '', host = '', port, rest = ''] = parts
  const implied = scheme === 'https' || scheme === 'wss' ? ':443' : ':80'
  return [scheme + slashes + host + rest, scheme + slashes + host + (port ?? implied) + rest]
}
