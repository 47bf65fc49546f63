import type { SizeResult, Window } from './bridge.ts'
import type { Measured } from './figures.ts'
import { medianOf, spreadOf } from './spread.ts'

/** One measured quantity of one size. */
export type BridgeFigure = {
  readonly calls: number
  readonly name: string
  readonly unit: string
  readonly bridge: number
  readonly passThrough: number
  /** The least and the greatest of the rounds, of which `bridge` is the median. */
  readonly bridgeSpread: readonly [number, number]
  /** The greatest value that is asked for. */
  readonly goal?: number
}

/** The number of calls at which latency has goals. */
const GOAL_CALLS = 40

type Times = 'upMs' | 'downMs' | 'firstDeltaMs' | 'bargeInMs' | 'truncationMs'
type Read = (window: Window) => number

const at =
  (times: Times | 'lateMs', part: 'p50' | 'p99' | 'max'): Read =>
  (window) =>
    spreadOf(window[times])[part]

type Line = { readonly name: string; readonly unit: string; readonly read: Read; readonly goal?: number }

const lines: readonly Line[] = [
  { name: 'CPU per call-minute', unit: 'ms', read: (window) => window.cpuMsPerCallMinute },
  { name: 'of it in the kernel', unit: '%', read: (window) => window.systemShare * 100 },
  { name: 'up, sent → at the model, p50', unit: 'ms', read: at('upMs', 'p50'), goal: 0.2 },
  { name: 'up, p99', unit: 'ms', read: at('upMs', 'p99'), goal: 1 },
  { name: 'down, sent → at the phone, p50', unit: 'ms', read: at('downMs', 'p50') },
  { name: 'down, p99', unit: 'ms', read: at('downMs', 'p99') },
  { name: 'first delta → caller, p50', unit: 'ms', read: at('firstDeltaMs', 'p50'), goal: 0.3 },
  { name: 'first delta → caller, p99', unit: 'ms', read: at('firstDeltaMs', 'p99') },
  {
    name: 'memory per call over idle',
    unit: 'MB',
    read: (window) => window.rssBytesPerCall / 1e6,
    goal: 0.6,
  },
  { name: 'loop delay, p99', unit: 'ms', read: (window) => window.loopDelayP99Ms },
  { name: 'loop delay, max', unit: 'ms', read: (window) => window.loopDelayMaxMs },
  { name: 'the load itself late, p99', unit: 'ms', read: at('lateMs', 'p99') },
]

/** Few happen in one window, so these are taken over all rounds. */
const pooled: readonly {
  readonly name: string
  readonly times: Times
  readonly part: 'p50' | 'p99' | 'max'
  readonly goal?: number
}[] = [
  { name: 'barge-in → clear, p50', times: 'bargeInMs', part: 'p50', goal: 0.3 },
  { name: 'barge-in → clear, p99', times: 'bargeInMs', part: 'p99', goal: 2 },
  { name: 'barge-in → clear, max', times: 'bargeInMs', part: 'max' },
  { name: 'truncation error, p50', times: 'truncationMs', part: 'p50', goal: 20 },
  { name: 'truncation error, max', times: 'truncationMs', part: 'max', goal: 40 },
]

const CPU_RATIO_GOAL = 1.6

/** Every figure of every size: medians of the rounds, except where few events make one window too little. */
export function bridgeFigures(results: readonly SizeResult[]): readonly BridgeFigure[] {
  return results.flatMap((result) => {
    const { calls, bridge, passThrough } = result
    const goalOf = (goal: number | undefined) => (goal !== undefined && calls === GOAL_CALLS ? { goal } : {})
    const ratios = bridge.map(
      (window, round) => window.cpuMsPerCallMinute / (passThrough[round]?.cpuMsPerCallMinute ?? NaN),
    )
    return [
      {
        calls,
        name: 'CPU against the pass-through',
        unit: '×',
        bridge: medianOf(ratios),
        passThrough: 1,
        bridgeSpread: rangeOf(ratios),
        goal: CPU_RATIO_GOAL,
      },
      ...lines.map(({ name, unit, read, goal }) => ({
        calls,
        name,
        unit,
        bridge: medianOf(bridge.map(read)),
        passThrough: medianOf(passThrough.map(read)),
        bridgeSpread: rangeOf(bridge.map(read)),
        ...goalOf(goal),
      })),
      ...pooled.map(({ name, times, part, goal }) => ({
        calls,
        name,
        unit: 'ms',
        bridge: spreadOf(together(bridge, times))[part],
        passThrough: spreadOf(together(passThrough, times))[part],
        bridgeSpread: rangeOf(bridge.map(at(times, part))),
        ...goalOf(goal),
      })),
      counted(result, 'refused'),
      counted(result, 'unexpected'),
    ]
  })
}

/** What the model refused or nobody expected, by name and with how often, of our server. */
export function bridgeFaults(results: readonly SizeResult[]): readonly string[] {
  return results.flatMap(({ calls, bridge }) =>
    bridge.flatMap(({ refused, unexpected }, round) =>
      Object.entries({ ...refused, ...unexpected }).map(
        ([name, count]) => `${calls} calls, round ${round + 1}: ${count} × ${name}`,
      ),
    ),
  )
}

/** The figures as a table for people. */
export function bridgeTable(figures: readonly BridgeFigure[]): string {
  const sizes = [...new Set(figures.map(({ calls }) => calls))]
  return sizes
    .map((calls) => {
      const rows = figures.filter((figure) => figure.calls === calls)
      const head = `${' '.repeat(32)}${'ours'.padStart(10)} ${'(rounds)'.padStart(19)} ${'pass-through'.padStart(13)}`
      return [`Bridge, ${calls} calls at a time`, head, ...rows.map(rowOf)].join('\n')
    })
    .join('\n\n')
}

function rowOf(figure: BridgeFigure): string {
  const { name, unit, bridge, bridgeSpread, passThrough, goal } = figure
  const [least, greatest] = bridgeSpread
  const verdict = goal === undefined ? '' : `  (at most ${goal}: ${bridge <= goal ? 'kept' : 'MISSED'})`
  const rounds = `${short(least)}–${short(greatest)}`
  const other = Number.isNaN(passThrough) ? '–' : `${short(passThrough)} ${unit}`
  return `  ${name.padEnd(30)}${`${short(bridge)} ${unit}`.padStart(10)} ${rounds.padStart(19)} ${other.padStart(13)}${verdict}`
}

function short(value: number): string {
  return Number.isNaN(value) ? '–' : value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2)
}

function counted({ calls, bridge, passThrough }: SizeResult, what: 'refused' | 'unexpected'): BridgeFigure {
  const count = (window: Measured): number =>
    Object.values(window[what]).reduce((total, each) => total + each, 0)
  const sum = (windows: readonly Window[]): number =>
    windows.reduce((total, window) => total + count(window), 0)
  return {
    calls,
    name: `${what} events`,
    unit: '',
    bridge: sum(bridge),
    passThrough: sum(passThrough),
    bridgeSpread: rangeOf(bridge.map(count)),
    goal: 0,
  }
}

function together(windows: readonly Window[], times: Times): readonly number[] {
  return windows.flatMap((window) => [...window[times]])
}

function rangeOf(values: readonly number[]): readonly [number, number] {
  return [Math.min(...values), Math.max(...values)]
}
