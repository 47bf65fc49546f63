import { barsBeside, CallsBeside } from './calls-beside.ts'
import {
  DrillError,
  type DrillGround,
  type DrillOptions,
  type DrillResult,
  inLanes,
  missedBars,
  rounded,
  settingOf,
} from './drill.ts'
import { sortedCounts } from './fuzz-run.ts'
import { codeBytes, ownHeldBytes } from './heap-bytes.ts'
import { RealtimeFuzzer } from './realtime-fuzzer.ts'
import { ServerMetrics } from './server-watch.ts'
import { pass } from './until.ts'

/** Settings of the server under this drill: no call is refused because the model of another one went wrong. */
export const fuzzRealtimeEnv = { MAX_CALLS: '1000', MAX_MODEL_FAILURES: '1000000' }

const FIRST_BESIDE = 14_155_550_110
const FIRST_VICTIM = 14_155_550_140
/** A whole drill is weighed so often on its way, and has so many calls gone wrong at a time and healthy ones beside. */
const full = { parts: 10, victims: 8, lanes: 10, turns: 3 } as const
const small = { parts: 2, victims: 3, lanes: 2, turns: 0 } as const
const FULL_FROM = 50_000
/** From the middle on: until then functions are compiled that were not needed before. */
const MOST_GROWTH = 0.05
/** The longest that anything waits: for a connection whose other end is gone without a word. */
const LONGEST_WAIT_MS = 700_000
/** Errors that are logged because the model said them, or said of a session what was not asked. */
const MAY_LOG = ['eventRefused', 'sessionDisagrees']

/**
 * Lets the model's server send whatever could come over sessions of live calls, beside calls whose model is well, on a
 * virtual clock. Count: events.
 */
export async function drillFuzzRealtime(ground: DrillGround, options: DrillOptions): Promise<DrillResult> {
  const { virtual } = ground
  if (!virtual) throw new DrillError('Cannot run this drill: time is real here')
  return await virtual.time.until(fuzzed({ ...ground, virtual }, options))
}

type Ground = DrillGround & { readonly virtual: NonNullable<DrillGround['virtual']> }

async function fuzzed(ground: Ground, { seed, count }: DrillOptions): Promise<DrillResult> {
  const { clock } = ground.virtual
  const size = count >= FULL_FROM ? full : small
  const ownTimers = clock.pendingTimers()
  using fuzzer = new RealtimeFuzzer(ground, seed)
  const numbers = Array.from({ length: size.victims }, (_, lane) => `+${FIRST_VICTIM + lane}`)
  for (const from of numbers) await fuzzer.introduce(from)
  const beside = await CallsBeside.start(ground.world, { ...size, seed, firstCaller: FIRST_BESIDE })
  const heldMb: number[] = []
  const codeMb: number[] = []
  for (let part = 1; part <= size.parts; part++) {
    const until = Math.floor((count * part) / size.parts)
    await inLanes(numbers.length, numbers, (from) => fuzzer.fuzz(from, until))
    await beside.rest()
    heldMb.push(megabytes(await heldAtRest(ground)))
    codeMb.push(megabytes(codeBytes()))
    if (part < size.parts) beside.goOn()
  }
  const healthy = await beside.finish()
  const { left, metrics } = await whatIsLeft(ground, { fuzzer, ownTimers })
  const leftOver = Object.entries(left).filter(([, value]) => value !== 0)
  const growth = (heldMb.at(-1) ?? Number.NaN) / (heldMb[size.parts / 2 - 1] ?? Number.NaN) - 1
  const alarms = ground.alarms?.except(MAY_LOG) ?? {}
  const { problems } = fuzzer
  const backgroundFailures = metrics.sum('background_failures_total')
  return {
    numbers: {
      ...fuzzer.numbers(),
      faults: sortedCounts(metrics.by('protocol_faults_total', 'reason', { source: 'openai' })),
      lost: sortedCounts(metrics.by('realtime_sessions_lost_total', 'reason')),
      alarms,
      heldMb,
      codeMb,
      left,
      backgroundFailures,
      beside: healthy,
    },
    missed: missedBars([
      [problems.length === 0, `calls did what no call may do: ${problems[0]}`],
      [Object.keys(alarms).length === 0, `errors logged: ${Object.keys(alarms).join(', ')}`],
      [backgroundFailures === 0, `${backgroundFailures} tasks have failed`],
      [leftOver.length === 0, `left at the end: ${leftOver.map(([name, is]) => `${is} ${name}`).join(', ')}`],
      [size === small || growth <= MOST_GROWTH, `what is held grew by ${rounded(100 * growth, 1)} per cent`],
      ...barsBeside(healthy),
    ]),
  }
}

/**
 * Waits until nothing can be under way any more, and weighs heap and buffers. What calls hold that are under way is
 * chance and comes to more than the bar; what the world keeps of the latest ones to look at is not the server's.
 */
async function heldAtRest({ world, virtual }: Ground): Promise<number> {
  await pass(virtual.clock, LONGEST_WAIT_MS)
  world.forgetEnded()
  return await ownHeldBytes()
}

function megabytes(bytes: number): number {
  return rounded(bytes / 1e6, 2)
}

/** What should be gone once all is at rest. */
async function whatIsLeft(
  ground: Ground,
  { fuzzer, ownTimers }: { readonly fuzzer: RealtimeFuzzer; readonly ownTimers: number },
): Promise<{ readonly left: Readonly<Record<string, number>>; readonly metrics: ServerMetrics }> {
  const { clock, network } = ground.virtual
  const timers = clock.pendingTimers() - ownTimers
  const connections = network.openConnections()
  const metrics = await metricsOf(ground)
  const left = {
    timers,
    connections,
    calls: metrics.sum('calls_live'),
    sessions: metrics.sum('realtime_sessions_live'),
    sockets: metrics.sum('media_sockets_live') + metrics.sum('media_sockets_pending'),
    watched: fuzzer.watched(),
  }
  return { left, metrics }
}

async function metricsOf({ world, virtual }: Ground): Promise<ServerMetrics> {
  const url = `${settingOf(world, 'PUBLIC_URL')}/metrics`
  const { body } = await virtual.network.request({ url, method: 'GET', headers: {}, body: '' })
  return new ServerMetrics(body)
}
