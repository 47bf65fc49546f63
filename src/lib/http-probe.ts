import { type IncomingHttpHeaders, type IncomingMessage, request as plainRequest } from 'node:http'
import { request as tlsRequest } from 'node:https'
import { isIP } from 'node:net'
import { type Clock, deadline } from './clock.ts'

/** One HTTP request whose answer is looked at, whatever it is. */
export type Probe = {
  readonly url: string
  readonly method?: 'GET' | 'HEAD' | 'POST'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly clock: Clock
  /** From the call of `probe` to the last byte of the answer. */
  readonly deadlineMs: number
}

/** The answer, or the code of what prevented one: the network's own, `TIMEOUT`, or `FAILED`. */
export type ProbeAnswer =
  | {
      readonly kind: 'answer'
      readonly status: number
      readonly headers: IncomingHttpHeaders
      /** At most its first 64 KiB. */
      readonly body: string
    }
  | { readonly kind: 'failed'; readonly code: string }

const MAX_BODY_BYTES = 65_536
/** How deep an error may be wrapped in others. */
const MAX_CAUSES = 5

/**
 * Asks once, on a connection of its own, and follows no redirect. Never throws, and repeats no text of an error: some
 * quote the request. Not by `fetch`, which refuses a list of ports that a server may well listen on.
 */
export async function probe(request: Probe): Promise<ProbeAnswer> {
  const { url, method = 'GET', headers = {}, body = '', clock, deadlineMs } = request
  using limit = deadline({ clock, delayMs: deadlineMs, reason: 'No answer in time' })
  const { signal } = limit
  const { promise, resolve, reject } = Promise.withResolvers<ProbeAnswer>()
  // A resolver that is silent is no fault of the host.
  let waitsForName = false
  const send = url.startsWith('https:') ? tlsRequest : plainRequest
  try {
    const length = { 'content-length': Buffer.byteLength(body) }
    const options = { method, headers: { ...headers, ...(body !== '' && length) }, agent: false, signal }
    const outgoing = send(url, options, (response) => void answerOf(response).then(resolve, reject))
    // Stays for life: giving up on the rest of an answer is told as an error, too.
    outgoing.on('error', reject)
    outgoing.once('socket', (socket) => {
      waitsForName = isIP(new URL(url).hostname.replaceAll(/[[\]]/g, '')) === 0
      socket.once('lookup', () => (waitsForName = false))
    })
    outgoing.end(body)
    const answer = await promise
    outgoing.destroy()
    return answer
  } catch (error) {
    if (signal.aborted) return { kind: 'failed', code: waitsForName ? 'EAI_AGAIN' : 'TIMEOUT' }
    return { kind: 'failed', code: networkCode(error) }
  }
}

async function answerOf(response: IncomingMessage): Promise<ProbeAnswer> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of response as AsyncIterable<Buffer>) {
    parts.push(part)
    bytes += part.length
    if (bytes >= MAX_BODY_BYTES) break
  }
  const body = Buffer.concat(parts).subarray(0, MAX_BODY_BYTES).toString('utf8')
  return { kind: 'answer', status: response.statusCode ?? 0, headers: response.headers, body }
}

/** The first code of the network or of TLS in an error or in what caused it; `FAILED` where there is none. */
export function networkCode(error: unknown): string {
  let cause = error
  for (let depth = 0; depth < MAX_CAUSES && cause instanceof Error; depth += 1) {
    const code: unknown = 'code' in cause ? cause.code : undefined
    if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,63}$/.test(code)) return code
    cause = cause.cause
  }
  return 'FAILED'
}

/** What helps when no name can be looked up at all, whoever notices it first. */
export const resolverAdvice = 'Give this machine a network and a resolver that answers: see /etc/resolv.conf'

/** What a code says of where a connection failed. */
export type NetworkFault = 'resolver' | 'name' | 'certificate' | 'refused' | 'silent' | 'broken'

/** Sorts the codes of Node and OpenSSL. Source: the pages "Errors" and "TLS" of Node 26 */
export function networkFault(code: string): NetworkFault {
  if (code === 'EAI_AGAIN') return 'resolver'
  if (/^(ENOTFOUND|EAI_[A-Z]+|ENODATA)$/.test(code)) return 'name'
  if (/CERT|SSL|TLS|^EPROTO$|^UNABLE_TO_|CRL|^INVALID_CA$|^HOSTNAME_MISMATCH$/.test(code))
    return 'certificate'
  if (code === 'ECONNREFUSED') return 'refused'
  return /TIMEOUT|^ETIMEDOUT$|^EHOSTUNREACH$|^ENETUNREACH$/.test(code) ? 'silent' : 'broken'
}
