import type { VirtualClock } from '../../lib/virtual-clock.ts'
import type { MemoryNetwork } from '../memory/memory-network.ts'
import type { VirtualTime } from '../memory/virtual-time.ts'
import type { ServerProcess } from '../server-process.ts'
import type { World } from '../world.ts'
import type { AlarmList } from './alarm-list.ts'

/** What a drill runs against: a server in its world, and what the server has recorded. */
export type DrillGround = {
  readonly world: World
  /** Everything recorded about a call; undefined when there was no such call. */
  record(callSid: string): Promise<object | undefined>
  /** The server, where it is a process of its own. */
  server?(): ServerProcess
  /** Starts the next server on the same data, once the one before has ended. */
  restart?(): Promise<ServerProcess>
  /** What the server's log cries out, where the drill is told of it. */
  readonly alarms?: AlarmList
  /** The clock of a world in which time is virtual, what lets it pass, and the network that joins all. */
  readonly virtual?: {
    readonly clock: VirtualClock
    readonly time: VirtualTime
    readonly network: MemoryNetwork
  }
}

/** How a drill is run. */
export type DrillOptions = {
  /** The same seed does the same things, as far as clocks allow. */
  readonly seed: number
  /** How much is done, in the unit that the drill names. */
  readonly count: number
}

/** A number of a drill, or several under names or in a row. */
export type DrillNumber =
  string | number | readonly DrillNumber[] | { readonly [name: string]: DrillNumber | undefined }

/** What came out of a drill. */
export type DrillResult = {
  readonly numbers: Readonly<Record<string, DrillNumber>>
  /** Bars that were missed, each as a sentence with the number that missed it; empty when the drill was passed. */
  readonly missed: readonly string[]
}

/** A drill could not be run, which says nothing about its bars. */
export class DrillError extends Error {
  readonly code = 'ERR_DRILL'
}

/** The sentences of those bars that do not hold. */
export function missedBars(
  bars: readonly (readonly [holds: boolean, sentence: string])[],
): readonly string[] {
  return bars.filter(([holds]) => !holds).map(([, sentence]) => sentence)
}

/** A setting of the server under drill, which its world has made. */
export function settingOf(world: World, name: string): string {
  const value = world.env[name]
  if (value === undefined) throw new DrillError(`Cannot run a drill: its world has no ${name}`)
  return value
}

/** Works through a list with so many at a time, and answers in the order of the list. */
export async function inLanes<Item, Outcome>(
  lanes: number,
  items: readonly Item[],
  work: (item: Item, index: number) => Promise<Outcome>,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  const queue = items.entries()
  const lane = async (): Promise<void> => {
    for (const [index, item] of queue) outcomes[index] = await work(item, index)
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  return outcomes
}
/** The value below which so great a share of the values lies; NaN of none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
}

/** A number with so many decimal places as people read. */
export function rounded(value: number, places: number): number {
  return Math.round(value * 10 ** places) / 10 ** places
}
