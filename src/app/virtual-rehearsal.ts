import type { Environment } from '../config/field.ts'
import { VirtualClock } from '../lib/virtual-clock.ts'
import { MemoryNetwork } from '../sim/memory/memory-network.ts'
import { VirtualTime } from '../sim/memory/virtual-time.ts'
import { type Rehearsal, startRehearsal } from './rehearsal.ts'
import type { ServerOptions } from './server.ts'

/** No chance at all: what one call drew from a common source would change the run of another. */
function halfway(): number {
  return 0.5
}

/** How long a webhook, an order to Twilio, or the answer to one is under way. */
const REQUEST_DELAYS = { toServerMs: 20, toClientMs: 20 }

/** A rehearsal in which time passes only while somebody waits for something, and then as fast as it can. */
export type VirtualRehearsal = Rehearsal & {
  readonly virtual: {
    readonly clock: VirtualClock
    readonly network: MemoryNetwork
    readonly time: VirtualTime
  }
}

/**
 * Starts a rehearsal on a virtual clock, its world and its server joined by a network in memory. Everything else is
 * the server's own, its database on disk included.
 */
export async function startVirtualRehearsal(
  options: { readonly env: Environment; readonly seed?: number; readonly inventsPin?: boolean } & Pick<
    ServerOptions,
    'logTo' | 'onTurn' | 'tools'
  >,
): Promise<VirtualRehearsal> {
  const clock = new VirtualClock()
  const network = new MemoryNetwork({ clock, requestDelays: REQUEST_DELAYS })
  const time = new VirtualTime(clock, network)
  const rehearsal = await startRehearsal({ ...options, clock, network, random: halfway })
  return {
    ...rehearsal,
    virtual: { clock, network, time },
    [Symbol.asyncDispose]: () => time.until(rehearsal[Symbol.asyncDispose]()),
  }
}
