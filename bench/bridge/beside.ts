import { setTimeout as pause } from 'node:timers/promises'
import { processFigures } from './process-figures.ts'
import { startBridge, startLoad } from './processes.ts'
import type { Load, Loaded } from './processes.ts'

/** Processor time of both servers in one window, in milliseconds for a minute of one call. */
export type BesideWindow = { readonly ours: number; readonly other: number }

/** By then a server has compiled most of what is hot. */
const WARM_UP_MS = 8_000

/**
 * Loads our server and that of another checkout at the same time, each from a process of its own. Whatever the machine does
 * meets both: where two windows of one server lie 40 per cent apart, two servers in one window agree to three. What they
 * take from each other's caches makes both dearer than they are alone, so only their ratio says anything. Linux only.
 */
export async function measureBeside(options: {
  readonly checkout: string
  readonly calls: number
  readonly windows: number
  readonly windowMs: number
}): Promise<readonly BesideWindow[]> {
  const { checkout, calls, windows, windowMs } = options
  await using started = new AsyncDisposableStack()
  const start = async (from: { readonly checkout?: string }): Promise<{ load: Load; server: Loaded }> => {
    const load = started.use(await startLoad())
    return { load, server: started.use(await startBridge(load, from)) }
  }
  const ours = await start({})
  const other = await start({ checkout })
  const both = [ours, other]
  for (const { load, server } of both) await load.begin({ target: server.target, round: 0, count: calls })
  await pause(WARM_UP_MS)
  const cpuMs = (): { ours: number; other: number } => ({
    ours: processFigures(ours.server.pid).cpuMs,
    other: processFigures(other.server.pid).cpuMs,
  })
  const measured: BesideWindow[] = []
  while (measured.length < windows) {
    const before = cpuMs()
    await pause(windowMs)
    const after = cpuMs()
    const callMinutes = calls * (windowMs / 60_000)
    measured.push({
      ours: (after.ours - before.ours) / callMinutes,
      other: (after.other - before.other) / callMinutes,
    })
  }
  for (const { load, server } of both) await load.end(server.target)
  return measured
}

/** The comparison in words: the ratio of all windows together, and how far a mean of so many may be off. */
export function besideTable(windows: readonly BesideWindow[]): string {
  const mean = (of: (window: BesideWindow) => number): number =>
    windows.reduce((sum, window) => sum + of(window), 0) / windows.length
  const ours = mean((window) => window.ours)
  const other = mean((window) => window.other)
  const ratio = mean((window) => window.ours / window.other)
  const variance = mean((window) => (window.ours / window.other - ratio) ** 2)
  const error = Math.sqrt(variance / Math.max(1, windows.length - 1))
  return [
    `CPU per call-minute: ours ${ours.toFixed(1)} ms, the other ${other.toFixed(1)} ms`,
    `ours against the other: ${(ours / other).toFixed(3)}, give or take ${(2 * error).toFixed(3)} (${windows.length} windows)`,
  ].join('\n')
}
