import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../ports/log.ts'
import type { Metrics } from '../ports/metrics.ts'

const LOG_EVERY_MS = 10_000
/** How often silent connections are looked at while they are too many. */
const LOOK_EVERY_MS = 50
/** What has come may have said all without that it was read yet, or be held up where it comes from: it has so long. */
const UNHEARD_MS = 250
/** Whoever has begun to ask comes to the end at once, for heads are small. */
const HALF_SAID_MS = 50
/** More than this many times the bound are not waited for. */
const BEYOND = 16

/** What a server's connections are bounded by. */
export type ConnectionCap = {
  /** Connections that have asked for something, and may do so again. */
  readonly most: number
  /** Connections that have not asked for anything yet; for a moment there may be sixteen times as many. */
  readonly mostSilent: number
  readonly metrics: Metrics
  readonly log: Log
  readonly clock: Clock
}

/**
 * Bounds the connections that have not become websockets. Of too many silent ones those end that have been so for
 * longest, after a quarter of a second, or sooner where they have begun to ask and stopped. Of too many that have asked,
 * the one that has been idle for longest, or where none is idle has waited for longest: whoever asks at once is served,
 * also while somebody else holds all the places.
 */
export function boundConnections(server: Server, cap: ConnectionCap): void {
  const places = new Places(cap)
  // One listener for all of them: of a flood, whatever is made for each connection is most of what it costs.
  function onClose(this: Socket): void {
    places.left(this)
  }
  function onAnswered(this: ServerResponse): void {
    places.answered(this.req.socket)
  }
  server.on('connection', (socket: Socket) => {
    places.came(socket)
    socket.on('close', onClose)
  })
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    places.asked(socket)
    response.on('close', onAnswered)
  })
  // What is upgraded is bounded, or ended, by whoever serves upgrades.
  server.on('upgrade', (_request, socket) => {
    if (socket instanceof Socket) places.left(socket)
  })
}

class Places {
  readonly #cap: ConnectionCap
  /** Each in the order of what happened last; when the silent ones came. */
  readonly #silent = new Map<Socket, number>()
  readonly #waiting = new Set<Socket>()
  readonly #idle = new Set<Socket>()
  #isLooking = false
  #quietUntilMs = -Infinity
  #unsaid = 0

  constructor(cap: ConnectionCap) {
    this.#cap = cap
  }

  came(socket: Socket): void {
    this.#silent.set(socket, this.#cap.clock.nowMs())
    if (this.#silent.size > this.#cap.mostSilent * BEYOND) this.#end(this.#silent)
    this.#lookSoon()
  }

  asked(socket: Socket): void {
    // Whoever never came, as over a network that is no network, is not seen to leave either.
    if (!this.left(socket) || socket.destroyed) return
    this.#waiting.add(socket)
    if (this.#waiting.size + this.#idle.size <= this.#cap.most) return
    this.#end(this.#idle.size > 0 ? this.#idle : this.#waiting)
  }

  answered(socket: Socket): void {
    if (this.#waiting.delete(socket) && !socket.destroyed) this.#idle.add(socket)
  }

  /** @returns whether it had a place */
  left(socket: Socket): boolean {
    return this.#silent.delete(socket) || this.#waiting.delete(socket) || this.#idle.delete(socket)
  }

  /** Ends after a while those that are too many now, where they are silent then. */
  #lookSoon(): void {
    const { clock, mostSilent } = this.#cap
    if (this.#isLooking || this.#silent.size <= mostSilent) return
    this.#isLooking = true
    clock.setTimer(LOOK_EVERY_MS, () => {
      this.#isLooking = false
      for (const [socket, sinceMs] of this.#silent) {
        if (this.#silent.size <= mostSilent) return
        const graceMs = socket.bytesRead > 0 ? HALF_SAID_MS : UNHEARD_MS
        if (clock.nowMs() - sinceMs >= graceMs) this.#end(this.#silent, socket)
      }
      this.#lookSoon()
    })
  }

  #end(
    places: Pick<Map<Socket, number> | Set<Socket>, 'keys' | 'delete'>,
    socket: Socket | undefined = places.keys().next().value,
  ): void {
    const { clock, log, metrics } = this.#cap
    if (!socket) return
    places.delete(socket)
    socket.destroy()
    metrics.count('refusals_total', { route: 'connection', reason: 'full' })
    this.#unsaid++
    if (clock.nowMs() < this.#quietUntilMs) return
    log.event('warn', 'connectionsFull', { count: this.#unsaid })
    this.#quietUntilMs = clock.nowMs() + LOG_EVERY_MS
    this.#unsaid = 0
  }
}
