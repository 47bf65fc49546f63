import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../ports/log.ts'
import type { Metrics } from '../ports/metrics.ts'

const LOG_EVERY_MS = 10_000
/** What has just come may have said all without that it was read yet: it has at least so long, and twice at most. */
const GRACE_MS = 50
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
 * longest. Of too many that have asked, the one that has been idle for longest, or where none is idle has waited for
 * longest: whoever asks at once is served, also while somebody else holds all the places.
 */
export function boundConnections(server: Server, cap: ConnectionCap): void {
  const places = new Places(cap)
  server.on('connection', (socket: Socket) => places.came(socket))
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    places.asked(socket)
    response.once('close', () => places.answered(socket))
  })
  // What is upgraded is bounded, or ended, by whoever serves upgrades.
  server.on('upgrade', ({ socket }: IncomingMessage) => void places.left(socket))
}

class Places {
  readonly #cap: ConnectionCap
  /** Each in the order of what happened last. */
  readonly #silent = new Set<Socket>()
  readonly #waiting = new Set<Socket>()
  readonly #idle = new Set<Socket>()
  #isLooking = false
  #quietUntilMs = -Infinity
  #unsaid = 0

  constructor(cap: ConnectionCap) {
    this.#cap = cap
  }

  came(socket: Socket): void {
    this.#silent.add(socket)
    socket.once('close', () => void this.left(socket))
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
    const places = [this.#silent, this.#waiting, this.#idle].find((some) => some.delete(socket))
    return places !== undefined
  }

  /** Ends after a while those that are too many now, where they are silent then. */
  #lookSoon(): void {
    const { clock, mostSilent } = this.#cap
    const tooMany = this.#silent.size - mostSilent
    if (this.#isLooking || tooMany <= 0) return
    this.#isLooking = true
    const oldest = [...this.#silent].slice(0, tooMany)
    clock.setTimer(GRACE_MS, () => {
      this.#isLooking = false
      for (const socket of oldest) if (this.#silent.has(socket)) this.#end(this.#silent, socket)
      this.#lookSoon()
    })
  }

  #end(places: Set<Socket>, socket: Socket | undefined = places.values().next().value): void {
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
