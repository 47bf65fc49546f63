import { TwilioError } from './twilio-error.ts'

/** Where Twilio reaches us. Both are origins without a slash at the end. */
export type PublicAddress = {
  /** Origin of the webhooks: https, or http on loopback. */
  readonly origin: string
  /** Origin of the media socket: wss, or ws on loopback. */
  readonly mediaOrigin: string
}

/**
 * Derives the addresses from PUBLIC_URL. The text stays as it was configured, because Twilio signs the text that it
 * was given and not a normalised form of it.
 * @throws TwilioError `badPublicUrl` unless it is an https origin (http only on loopback) without path, query or user
 */
export function publicAddress(publicUrl: string): PublicAddress {
  const origin = publicUrl.endsWith('/') ? publicUrl.slice(0, -1) : publicUrl
  const url = URL.parse(origin)
  const isOrigin = /^https?:\/\/(\[[0-9a-f:]+\]|[A-Za-z0-9.-]+)(:\d+)?$/.test(origin)
  const isAllowed =
    url?.protocol === 'https:' ||
    (url?.protocol === 'http:' && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname))
  if (!isOrigin || !isAllowed) {
    throw new TwilioError({
      code: 'badPublicUrl',
      sentence:
        'Cannot build stream URLs: PUBLIC_URL must be an https origin without path, query or user (http only on loopback)',
    })
  }
  return { origin, mediaOrigin: origin.replace(/^http/, 'ws') }
}
