import type { IncomingMessage, Server } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { readInPlace } from '../lib/read-in-place.ts'
import { deadline } from '../lib/clock.ts'
import type { Clock } from '../lib/clock.ts'
import type { IncomingCalls, NonceClaim } from '../ports/incoming-calls.ts'
import type { RefusalReason } from './refusals.ts'
import { isSignedUpgrade } from './signature.ts'
import type { AuthTokens } from './signature.ts'
import type { SocketSlot, SocketSlots } from './socket-slots.ts'
import type { SpentNonces } from './spent-nonces.ts'
import { mediaPath } from './twiml.ts'

/** What an upgrade is checked against. */
export type UpgradeTrust = {
  readonly mediaOrigin: string
  readonly tokens: AuthTokens
  readonly calls: IncomingCalls
  readonly clock: Clock
  readonly claimDeadlineMs: number
  readonly slots: SocketSlots
  readonly spent: SpentNonces
}

/** A media socket that may be opened, or the answer instead. */
export type Admission =
  | { readonly ok: true; readonly callSid: string; readonly slot: SocketSlot }
  | { readonly ok: false; readonly status: 403 | 503; readonly reason: RefusalReason }

/** 128 bits in base64url. */
const noncePattern = /^[A-Za-z0-9_-]{22}$/

const claimRefusals = {
  unknown: 'nonceUnknown',
  used: 'nonceUsed',
  expired: 'nonceExpired',
  callOver: 'callOver',
} as const satisfies Record<Extract<NonceClaim, { ok: false }>['reason'], RefusalReason>

/**
 * Why an upgrade is refused by what its request says, or undefined: the exact target (no query: Twilio sends none), a
 * handshake that will succeed, the signature, a nonce that is not known to be spent. Synchronous and without a promise,
 * for whoever asks without a right asks often.
 */
export function refusalOf(
  request: IncomingMessage,
  trust: Pick<UpgradeTrust, 'mediaOrigin' | 'tokens' | 'spent'>,
): RefusalReason | undefined {
  const target = request.url ?? ''
  const nonce = nonceOf(target)
  if (nonce === undefined) return 'target'
  if (!isCompleteHandshake(request)) return 'handshake'
  const signature = request.headers['x-twilio-signature']
  if (typeof signature !== 'string' || signature === '') return 'noSignature'
  if (!isSignedUpgrade(trust.tokens, { signature, url: trust.mediaOrigin + target })) return 'signature'
  return trust.spent.reasonOf(nonce)
}

/**
 * Decides about an upgrade that is certainly Twilio's before it is accepted: a free place, and only then the nonce. A
 * refused upgrade burns no nonce.
 */
export async function admitUpgrade(request: IncomingMessage, trust: UpgradeTrust): Promise<Admission> {
  const nonce = nonceOf(request.url ?? '')
  if (nonce === undefined) return refuse(403, 'target')
  if (request.socket.destroyed) return refuse(403, 'aborted')
  const slot = trust.slots.take()
  if (!slot) return refuse(503, 'full')
  // The place belongs to the connection, not to the websocket: a peer may be gone before there is one.
  request.socket.once('close', () => slot.release())
  const claim = await claimInTime(nonce, trust)
  if (claim.ok) {
    trust.spent.add(nonce, claimRefusals.used)
    return { ok: true, callSid: claim.callSid, slot }
  }
  slot.release()
  if (claim.reason === 'late') return refuse(503, 'tooSlow')
  const reason = claimRefusals[claim.reason]
  trust.spent.add(nonce, reason)
  return refuse(403, reason)
}

/** The nonce of a media target, or undefined where the target is anything but that. */
export function nonceOf(target: string): string | undefined {
  if (!target.startsWith(mediaPath)) return undefined
  const nonce = target.slice(mediaPath.length)
  return noncePattern.test(nonce) ? nonce : undefined
}

/**
 * Whether Node shall treat a request as an upgrade at all: the `shouldUpgradeCallback` of the HTTP server. Without it
 * every request that offers one (some clients offer h2c) is an upgrade as soon as there is one media route.
 */
export function isMediaUpgrade(request: IncomingMessage): boolean {
  return request.url?.startsWith(mediaPath) ?? false
}

/**
 * Hands the upgrades that Twilio has signed to `accept` and answers all others itself, before anything is made for
 * them. Without this, every route of the server could be asked for an upgrade, and a connection that was told 404 would
 * stay open for ever: Node has given up its own timeouts for it by then.
 * @returns takes the listener away
 */
export function listenForUpgrades(
  server: Server,
  upgrades: {
    readonly refusalOf: (request: IncomingMessage) => RefusalReason | undefined
    readonly accept: (request: IncomingMessage, socket: Duplex, head: Buffer) => void
    readonly onRefused: (reason: RefusalReason) => void
  },
): () => void {
  function onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (!isMediaUpgrade(request)) return endWith(socket, notFound)
    const reason = upgrades.refusalOf(request)
    if (reason !== undefined) {
      upgrades.onRefused(reason)
      return endWith(socket, forbidden)
    }
    // Fifty messages a second come this way.
    const moved = readInPlace(socket)
    if (moved instanceof Socket) request.socket = moved
    upgrades.accept(request, moved, head)
  }
  server.on('upgrade', onUpgrade)
  return () => server.off('upgrade', onUpgrade)
}

const forbidden = answerOf('403 Forbidden')
const notFound = answerOf('404 Not Found')

function answerOf(status: string): string {
  return `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`
}

function endWith(socket: Duplex, answer: string): void {
  socket.on('error', () => socket.destroy())
  socket.end(answer, () => socket.destroy())
}

/**
 * Whether ws will complete this handshake: what it would refuse must be refused before the nonce is taken.
 * Source: RFC 6455 §4.2.1; ws 8.23 lib/websocket-server.js handleUpgrade
 */
function isCompleteHandshake(request: IncomingMessage): boolean {
  const { headers } = request
  return (
    request.method === 'GET' &&
    headers.upgrade?.toLowerCase() === 'websocket' &&
    headers['sec-websocket-version'] === '13' &&
    /^[+/0-9A-Za-z]{22}==$/.test(headers['sec-websocket-key'] ?? '') &&
    // Media Streams have no subprotocol, and a malformed list of them would fail.
    headers['sec-websocket-protocol'] === undefined
  )
}

async function claimInTime(
  nonce: string,
  trust: UpgradeTrust,
): Promise<NonceClaim | { readonly ok: false; readonly reason: 'late' }> {
  using limit = deadline({ clock: trust.clock, delayMs: trust.claimDeadlineMs, reason: 'Nonce not claimed' })
  const late = new Promise<{ ok: false; reason: 'late' }>((resolve) => {
    limit.signal.addEventListener('abort', () => resolve({ ok: false, reason: 'late' }), { once: true })
  })
  return await Promise.race([trust.calls.claimNonce(nonce), late])
}

function refuse(status: 403 | 503, reason: RefusalReason): Extract<Admission, { readonly ok: false }> {
  return { ok: false, status, reason }
}
