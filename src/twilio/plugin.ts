import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import websocket from '@fastify/websocket'
import type { WebSocket } from 'ws'
import type { FastifyError, FastifyInstance, FastifyPluginAsync } from 'fastify'
import type { Clock } from '../lib/clock.ts'
import type { EffectCallbacks } from '../ports/effect-callbacks.ts'
import type { IncomingCalls } from '../ports/incoming-calls.ts'
import type { Log } from '../ports/log.ts'
import type { LoopEntries } from '../ports/loop-entries.ts'
import type { Metrics } from '../ports/metrics.ts'
import { defaultLimits } from './limits.ts'
import type { TwilioLimits } from './limits.ts'
import { checkScratch, maxPayloadBytes } from './media-codec.ts'
import { MediaSocket } from './media-socket.ts'
import type { MediaContext } from './media-socket.ts'
import { admitUpgrade, listenForUpgrades, refusalOf } from './media-upgrade.ts'
import type { Admission, UpgradeTrust } from './media-upgrade.ts'
import { publicAddress } from './public-address.ts'
import { Refusals } from './refusals.ts'
import { checkTokens } from './signature.ts'
import type { AuthTokens } from './signature.ts'
import { SocketSlots } from './socket-slots.ts'
import { SpentNonces } from './spent-nonces.ts'
import { addStatusWebhooks } from './status-webhooks.ts'
import { mediaPath } from './twiml.ts'
import { addVoiceWebhooks } from './voice-webhooks.ts'

/** What the Twilio side of the server needs. */
export type TwilioPluginOptions = {
  /** https origin under which Twilio reaches us; http on loopback only. */
  readonly publicUrl: string
  readonly accountSid: string
  /** The auth token, and the one before while it is being rotated. */
  readonly authTokens: AuthTokens
  readonly calls: IncomingCalls
  /** Told what becomes of calls and messages of ours; unset where there are none. */
  readonly effects?: EffectCallbacks | undefined
  readonly metrics: Metrics
  readonly log: Log
  readonly clock: Clock
  readonly limits?: Partial<TwilioLimits>
  /** Where caller audio is decoded to, at least 8,000 bytes: memory that the audio engine reads without a copy. */
  readonly scratch?: Buffer
  /** Unset where nobody watches the loop. */
  readonly loop?: LoopEntries
  /** The class of media sockets; that of ws when unset. */
  readonly socketClass?: typeof WebSocket | undefined
}

/** A media message is about 350 bytes; 64 KiB holds the largest payload we take. */
const MAX_MESSAGE_BYTES = 65_536

/** What the websocket server of the media sockets may be made to hold, and how long it waits for a close frame. */
const socketOptions = {
  maxPayload: MAX_MESSAGE_BYTES,
  perMessageDeflate: false,
  maxFragments: 64,
  maxBufferedChunks: 1_024,
  // Answers to pings that a peer does not read count for nobody's backpressure: ws cuts it off.
  maxPendingAutoPongs: 64,
  clientTracking: false,
  closeTimeout: 2_000,
}

/**
 * All routes that Twilio calls, as one Fastify plugin: the webhooks and the media socket.
 * @throws TwilioError `badPublicUrl` or `emptyAuthToken`, RangeError for a scratch that is too small; all at once
 */
export function twilioPlugin(options: TwilioPluginOptions): FastifyPluginAsync {
  const address = publicAddress(options.publicUrl)
  checkTokens(options.authTokens)
  const { accountSid, authTokens: tokens, calls, clock, log, metrics, loop } = options
  // One for all sockets: a message is decoded and handed over before the next one is read.
  const scratch = options.scratch ?? Buffer.alloc(maxPayloadBytes)
  checkScratch(scratch)
  const limits = { ...defaultLimits, ...options.limits }
  const refusals = new Refusals({ metrics, log, clock })
  const webhooks = {
    trust: {
      origin: address.origin,
      tokens,
      accountSid,
      clock,
      bodyDeadlineMs: limits.webhookBodyDeadlineMs,
    },
    address,
    refusals,
    metrics,
    clock,
    calls,
    effects: options.effects,
    log,
  }
  const upgrades = {
    mediaOrigin: address.mediaOrigin,
    tokens,
    calls,
    clock,
    claimDeadlineMs: limits.streamStartDeadlineMs,
    slots: new SocketSlots({ maxPending: limits.maxPendingSockets, maxTotal: limits.maxSockets, metrics }),
    spent: new SpentNonces(),
  }
  const media = { accountSid, calls, clock, log, metrics, limits, scratch, ...(loop && { loop }) }

  return async (scope) => {
    leaveBodiesUnread(scope)
    answerErrorsWithNothing(scope, { log, metrics })
    addVoiceWebhooks(scope, webhooks)
    addStatusWebhooks(scope, webhooks)
    await addMediaSocket(scope, { upgrades, media, refusals, socketClass: options.socketClass })
  }
}

/** The gate reads bodies itself, after it has seen a signature header; no parser may do so before. */
function leaveBodiesUnread(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('*', (_request, _payload, done) => done(null))
}

/** Twilio reads no error bodies, and a stranger shall not. */
function answerErrorsWithNothing(
  scope: FastifyInstance,
  ports: { readonly log: Log; readonly metrics: Metrics },
): void {
  scope.setErrorHandler((error: FastifyError, request, reply) => {
    const status = error.statusCode !== undefined && error.statusCode < 500 ? error.statusCode : 500
    if (status === 500) {
      const url = request.routeOptions.url
      ports.metrics.count('background_failures_total', { name: 'twilioWebhook' })
      ports.log.event('error', 'webhookFailed', { name: error.name, ...(url === undefined ? {} : { url }) })
    }
    return reply.code(status).header('connection', 'close').send()
  })
}

/** An object, because the types of ws for the two kinds of modules do not know each other's class. */
function classOf(socketClass: typeof WebSocket | undefined): object {
  return socketClass ? { WebSocket: socketClass } : {}
}

async function addMediaSocket(
  scope: FastifyInstance,
  context: {
    readonly upgrades: UpgradeTrust
    readonly media: MediaContext
    readonly refusals: Refusals
    readonly socketClass: typeof WebSocket | undefined
  },
): Promise<void> {
  const { upgrades, media, refusals, socketClass } = context
  const sockets = new Set<MediaSocket>()
  const admitted = new WeakMap<IncomingMessage, Extract<Admission, { ok: true }>>()
  let isClosing = false
  // @fastify/websocket takes every upgrade of the server that it is given. It gets one that never listens, and
  // only what listenForUpgrades passes on.
  const relay = createServer()
  const stopListening = listenForUpgrades(scope.server, {
    refusalOf: (request) => refusalOf(request, upgrades),
    accept: (request, socket, head) => relay.emit('upgrade', request, socket, head),
    onRefused: (reason) => refusals.add('media', reason),
  })
  await scope.register(websocket, {
    options: { ...socketOptions, server: relay, ...classOf(socketClass) },
    // ws closes a socket that broke the protocol by itself, with the code that says how, and cuts it off when that is
    // not answered in time. To cut it off here could take the close frame away from the peer that is to read it.
    errorHandler: () => media.metrics.count('protocol_faults_total', { leg: 'twilio', kind: 'frame' }),
    preClose: (done) => {
      isClosing = true
      stopListening()
      for (const socket of sockets) socket.shutDown()
      done()
    },
  })
  scope.route({
    method: 'GET',
    url: `${mediaPath}:nonce`,
    websocket: true,
    exposeHeadRoute: false,
    preValidation: async (request, reply) => {
      // A plain GET goes on to the handler's 404.
      if (!request.ws) return
      const admission: Admission = isClosing
        ? { ok: false, status: 503, reason: 'closing' }
        : await admitUpgrade(request.raw, upgrades)
      if (admission.ok) {
        admitted.set(request.raw, admission)
        return
      }
      refusals.add('media', admission.reason)
      await reply.code(admission.status).header('connection', 'close').send()
    },
    handler: (socket, request) => {
      const admission = admitted.get(request.raw)
      if (!admission || isClosing) return socket.close(1001, 'shutting down')
      const mediaSocket = new MediaSocket({ socket, network: request.raw.socket, ...admission }, media)
      sockets.add(mediaSocket)
      socket.once('close', () => sockets.delete(mediaSocket))
    },
  })
}
