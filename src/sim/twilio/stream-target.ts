import type { ConnectFailure } from './transport.ts'

/** The URL that is dialled and signed: no query, no fragment; `ws` only to this machine. */
export function streamTarget(
  url: string,
): { readonly url: string } | { readonly errorCode: number; readonly reason: string } {
  const parsed = URL.parse(url)
  if (!parsed) return { errorCode: 31_923, reason: 'Malformed stream URL' }
  const local = /^(127\.\d+\.\d+\.\d+|localhost|\[::1\])$/.test(parsed.hostname)
  if (parsed.protocol !== 'wss:' && !(parsed.protocol === 'ws:' && local)) {
    return { errorCode: 31_922, reason: `Stream URL has the scheme ${parsed.protocol}` }
  }
  return { url: url.replace(/[?#].*$/s, '') }
}

/** What Twilio's debugger says of a socket that was never open. */
export function describeFailure(failure: ConnectFailure): {
  readonly errorCode: number
  readonly reason: string
} {
  switch (failure.kind) {
    case 'refused':
      return { errorCode: 31_902, reason: 'Connection refused' }
    case 'tls':
      return { errorCode: 31_910, reason: 'TLS failed' }
    case 'rejected':
      return { errorCode: 31_920, reason: `The handshake was answered with ${failure.status}` }
  }
}
