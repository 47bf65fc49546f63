import type { Clock } from '../../lib/clock.ts'
import type { IncomingResponse, OutgoingRequest, Transport } from './transport.ts'
import { waitMs } from './wait.ts'

/** How often a held request is tried again. */
const TRY_EVERY_MS = 50

/** What stands between the network and the product: a request that finds no server there can be held for a while. */
export class FrontProxy {
  readonly #clock: Clock
  readonly #transport: Pick<Transport, 'request'>
  /** How long a request is held that was refused, or broken off before an answer; 0: the failure is passed on. */
  holdMs = 0

  constructor(options: { readonly clock: Clock; readonly transport: Pick<Transport, 'request'> }) {
    this.#clock = options.clock
    this.#transport = options.transport
  }

  /** Rejects as the transport does, once the request has been held for so long. */
  async request(request: OutgoingRequest): Promise<IncomingResponse> {
    const startMs = this.#clock.nowMs()
    for (;;) {
      try {
        return await this.#transport.request(request)
      } catch (error) {
        const isOver = this.#clock.nowMs() - startMs >= this.holdMs
        if (isOver || request.signal.aborted || !foundNoServer(error)) throw error
      }
      await waitMs(this.#clock, TRY_EVERY_MS, request.signal)
    }
  }
}

function foundNoServer(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return code === 'ECONNREFUSED' || code === 'ECONNRESET'
}
