import type { Measured } from './figures.ts'
import { cores, pin } from './cores.ts'
import { processFigures } from './process-figures.ts'
import { startBridge, startLoad, startPassThrough } from './processes.ts'
import type { Load, Loaded } from './processes.ts'

/** How much is measured. */
export type BridgeOptions = {
  /** Numbers of calls at a time, each measured with servers of its own. */
  readonly sizes: readonly number[]
  /** How often each is measured; the two servers take turns. */
  readonly rounds: number
  /** Of 40 calls and more. Fewer are measured for longer, so that a window holds as many minutes of calls. */
  readonly windowMs: number
  readonly onProgress: (text: string) => void
  readonly nodeFlags?: readonly string[]
  /** The load and the servers get a core each. */
  readonly coresApart?: boolean
}

/** One server under one load for one window. */
export type Window = Measured & {
  /** Processor time of its process in milliseconds for a minute of one call, and the kernel's share of it. */
  readonly cpuMsPerCallMinute: number
  readonly systemShare: number
  /** Memory beyond what the idle server had, for each call. */
  readonly rssBytesPerCall: number
  /** Of its event loop in the window; NaN for the pass-through. */
  readonly loopDelayP99Ms: number
  readonly loopDelayMaxMs: number
}

/** What was measured with one number of calls. */
export type SizeResult = {
  readonly calls: number
  readonly bridge: readonly Window[]
  readonly passThrough: readonly Window[]
}

/** Longer than the first turn of a call: by then every call has been interrupted once. */
const SETTLE_MS = 1_500
const WARM_UP_CALLS = 40
const FULL_WINDOW_CALLS = 40
const WARM_UP_MS = 4_000
/** From the end of calls to the next beginning: the rest is written down. */
const REST_MS = 500

/** Loads our server and a pass-through in turn. Linux only: what a process used is read from /proc. */
export async function measureBridge(options: BridgeOptions): Promise<readonly SizeResult[]> {
  await using load = await startLoad()
  if (options.coresApart) pin(load.pid, cores.load)
  const results: SizeResult[] = []
  for (const calls of options.sizes) results.push(await measureSize(load, calls, options))
  return results
}

async function measureSize(load: Load, calls: number, options: BridgeOptions): Promise<SizeResult> {
  const { rounds, onProgress, nodeFlags = [] } = options
  const windowMs = options.windowMs * Math.max(1, FULL_WINDOW_CALLS / calls)
  await using bridge = await startBridge(load, { nodeFlags })
  await using passThrough = await startPassThrough(load)
  const servers = { bridge, passThrough }
  if (options.coresApart) for (const { pid } of [bridge, passThrough]) pin(pid, cores.server)
  await pause(REST_MS)
  const idleBytes = {
    bridge: processFigures(bridge.pid).rssBytes,
    passThrough: processFigures(passThrough.pid).rssBytes,
  }
  const windows: Record<keyof typeof servers, Window[]> = { bridge: [], passThrough: [] }
  for (let round = 0; round <= rounds; round++) {
    // Whoever comes second has the warmer machine.
    const order =
      round % 2 === 0 ? (['passThrough', 'bridge'] as const) : (['bridge', 'passThrough'] as const)
    for (const which of order) {
      onProgress(`${calls} calls, round ${round} of ${rounds}, ${which}`)
      const run = { load, server: servers[which], round, idleBytes: idleBytes[which] }
      // Round 0 compiles what is hot, and counts for nothing.
      if (round === 0)
        await measureWindow({ ...run, calls: Math.min(calls, WARM_UP_CALLS), windowMs: WARM_UP_MS })
      else windows[which].push(await measureWindow({ ...run, calls, windowMs }))
      await pause(REST_MS)
    }
  }
  return { calls, ...windows }
}

async function measureWindow(run: {
  readonly load: Load
  readonly server: Loaded
  readonly calls: number
  readonly round: number
  readonly windowMs: number
  readonly idleBytes: number
}): Promise<Window> {
  const { load, server, calls, round, windowMs, idleBytes } = run
  const { target, pid } = server
  await load.begin({ target, round, count: calls })
  await pause(SETTLE_MS)
  // Reading the loop's delay resets it.
  await server.metrics()
  const before = processFigures(pid)
  await load.measure(windowMs)
  const after = processFigures(pid)
  const metrics = await server.metrics()
  const measured = await load.end(target)
  const cpuMs = after.cpuMs - before.cpuMs
  return {
    ...measured,
    cpuMsPerCallMinute: cpuMs / (calls * (windowMs / 60_000)),
    systemShare: (after.systemMs - before.systemMs) / cpuMs,
    rssBytesPerCall: (after.rssBytes - idleBytes) / calls,
    loopDelayP99Ms: metricOf(metrics, 'event_loop_delay_p99_ms'),
    loopDelayMaxMs: metricOf(metrics, 'event_loop_delay_max_ms'),
  }
}

function metricOf(exposition: string, name: string): number {
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(exposition)?.[1] ?? NaN)
}

async function pause(ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  setTimeout(resolve, ms)
  await promise
}
