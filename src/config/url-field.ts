import { field } from './field.ts'

/** What a URL setting may be. */
type UrlRule = {
  /** Completes the sentence "must be …". */
  readonly what: string
  readonly protocols: readonly string[]
  /** Protocols accepted only when the host is this machine itself. */
  readonly loopbackProtocols?: readonly string[]
  readonly path: 'none' | 'prefix'
}

/**
 * A URL without user-info, query or fragment. Answers it without a trailing slash.
 * What the URL parser would repair (spaces, tabs, backslashes) is refused instead.
 */
export function urlField(rule: UrlRule) {
  return field(`must be ${rule.what}`, (text) => {
    const url = plainUrl(text)
    if (!url) return undefined
    const allowed =
      rule.protocols.includes(url.protocol) ||
      (isLoopback(url.hostname) && (rule.loopbackProtocols ?? []).includes(url.protocol))
    if (!allowed) return undefined
    if (rule.path === 'none' && url.pathname !== '/') return undefined
    return `${url.protocol}//${url.host}${url.pathname.replace(/\/$/, '')}`
  })
}

/** Whether a host name or address, as the URL parser writes it, is this machine's own loopback. */
export function isLoopback(hostname: string): boolean {
  return /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[?::1\]?)$/.test(hostname)
}

function plainUrl(text: string): URL | undefined {
  if (text.length > 2000 || !/^[a-z]+:\/\/[\x21-\x7e]+$/i.test(text) || /[\\?#@]/.test(text)) return undefined
  const url = URL.parse(text)
  return url?.hostname ? url : undefined
}
