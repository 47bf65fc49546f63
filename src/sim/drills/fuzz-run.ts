import type { Clock } from '../../lib/clock.ts'
import { barsBeside, type BesideNumbers, CallsBeside } from './calls-beside.ts'
import type { DrillGround, DrillNumber, DrillOptions } from './drill.ts'
import { type ServerMetrics, ServerWatch } from './server-watch.ts'

const FIRST_BESIDE = 14_155_550_110
/** A drill is weighed so often on its way, and has so many healthy calls beside it. */
const full = { parts: 5, lanes: 10, turns: 4 } as const
const small = { parts: 2, lanes: 2, turns: 0 } as const
/** From so many messages on a drill is a full one. */
const FULL_FROM = 50_000
/** What a server may hold more at the end than after the first part. */
const MOST_GROWN_MB = 4
const SETTLED_WITHIN_MS = 20_000

/** How something is fuzzed. */
export type FuzzRun = {
  readonly ground: DrillGround
  readonly options: DrillOptions
  readonly clock: Clock
  /** Fuzzes so much, and comes back when nothing of it is left. */
  readonly work: (count: number) => Promise<void>
  /** Whether it is a whole drill, where that cannot be told by the count. */
  readonly isFull?: boolean
  /** Sorts of error lines that may come of it, as beginnings. */
  readonly mayLog?: readonly string[]
}

/** What the server and the calls beside it made of it. */
export type FuzzOutcome = {
  readonly metrics: ServerMetrics
  readonly healthy: BesideNumbers
  /** Model sessions that were not opened for the healthy calls. */
  readonly sessions: number
  readonly numbers: Readonly<Record<string, DrillNumber>>
  readonly bars: readonly (readonly [holds: boolean, sentence: string])[]
}

/**
 * Fuzzes part by part beside healthy calls, and weighs the server after every part.
 * @throws DrillError when the server has ended, or is no process of its own
 */
export async function fuzzBeside(run: FuzzRun): Promise<FuzzOutcome> {
  const { ground, options, clock, work, mayLog = [] } = run
  const { seed, count } = options
  const size = (run.isFull ?? count >= FULL_FROM) ? full : small
  const watch = new ServerWatch(ground, clock)
  const beside = await CallsBeside.start(ground.world, { ...size, seed, firstCaller: FIRST_BESIDE })
  for (let part = 0; part < size.parts; part++) {
    await work(Math.floor((count + part) / size.parts))
    await watch.weigh()
  }
  const healthy = await beside.finish()
  const metrics = await watch.until(isQuiet, SETTLED_WITHIN_MS)
  watch.listen()
  const numbers = {
    callsLeft: metrics.sum('calls_live'),
    socketsLeft: metrics.sum('media_sockets_live') + metrics.sum('media_sockets_pending'),
    sessionsLeft: metrics.sum('realtime_sessions_live'),
    backgroundFailures: metrics.sum('background_failures_total'),
    alarms: watch.alarms().filter((alarm) => !mayLog.some((known) => alarm.startsWith(known))),
    memory: watch.memory(),
    beside: healthy,
  }
  const { callsLeft, socketsLeft, sessionsLeft, backgroundFailures, alarms, memory } = numbers
  const sessions = metrics.sum('realtime_sessions_total') - beside.rung
  return {
    metrics,
    healthy,
    sessions,
    numbers,
    bars: [
      [watch.ended === undefined, `the server ended: ${watch.ended}`],
      [isQuiet(metrics), `${callsLeft} calls, ${socketsLeft} sockets, ${sessionsLeft} sessions are left`],
      [backgroundFailures === 0, `${backgroundFailures} tasks failed`],
      [alarms.length === 0, `errors logged: ${alarms.join(', ')}`],
      [!(memory.grownMb > MOST_GROWN_MB), `the server holds ${memory.grownMb} MB more`],
      ...barsBeside(healthy),
    ],
  }
}

function isQuiet(metrics: ServerMetrics): boolean {
  const gauges = ['calls_live', 'media_sockets_live', 'media_sockets_pending', 'realtime_sessions_live']
  return gauges.every((gauge) => metrics.sum(gauge) === 0)
}

/** Counts one more under a key. */
export function addTo(counts: Map<string, number>, key: string, times = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + times)
}

/** Counts under their keys, in the order of the keys. */
export function sortedCounts(counts: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...counts].toSorted(([one], [other]) => one.localeCompare(other)))
}
