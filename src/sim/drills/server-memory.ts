import type { Clock } from '../../lib/clock.ts'
import { waitMs } from '../twilio/wait.ts'
import type { DrillGround } from './drill.ts'

/** A collection takes less than this, and its pause is over. */
const COLLECTION_MS = 300

/** Calls that go on make new garbage right after a collection, now more and now less: the least of so many looks counts. */
const LOOKS = 3

/** Settings under which a server that is a process of its own collects its garbage when asked. */
export const collectableEnv = {
  NODE_OPTIONS: `--expose-gc --import=${new URL('./collect-garbage.ts', import.meta.url).href}`,
}

/**
 * What a server still holds after its garbage was collected: heap and buffers, in bytes. Undefined where it cannot be
 * asked, because it shares its process with the world or was not started for it.
 */
export async function heldBytes(ground: DrillGround, clock: Clock): Promise<number | undefined> {
  const server = ground.server?.()
  if (!server) return undefined
  let least = Infinity
  for (let look = 0; look <= LOOKS; look++) {
    server.kill('SIGUSR2')
    await waitMs(clock, COLLECTION_MS, AbortSignal.any([]))
    // What the first collection finalises, the second frees.
    if (look === 0) continue
    const metrics = await server.metrics()
    const held =
      numberOf('nodejs_heap_size_used_bytes', metrics) + numberOf('nodejs_external_memory_bytes', metrics)
    least = Math.min(least, held)
  }
  return least
}

/** How long the loop of a server was held at worst since this was last asked, in ms; undefined as above. */
export async function loopDelayMs(ground: DrillGround): Promise<number | undefined> {
  const server = ground.server?.()
  return server && numberOf('event_loop_delay_max_ms', await server.metrics())
}

function numberOf(name: string, metrics: string): number {
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(metrics)?.[1] ?? Number.NaN)
}
