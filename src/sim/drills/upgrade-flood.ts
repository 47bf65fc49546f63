import { type Clock, systemClock } from '../../lib/clock.ts'
import { seededRandom } from '../caller/random.ts'
import { barsBeside, CallsBeside } from './calls-beside.ts'
import {
  DrillError,
  type DrillGround,
  type DrillOptions,
  type DrillResult,
  missedBars,
  rounded,
  settingOf,
} from './drill.ts'
import { type CapturedUpgrade, mayEndSo } from './flood-kinds.ts'
import { type FloodLoad, runFloodLoads } from './flood-loads.ts'
import { accountOf, hangUpHonestly, ringHonestly } from './honest-calls.ts'
import { dialMedia } from './media-dial.ts'
import { signedUpgrade } from './mutated-upgrades.ts'
import { collectableEnv } from './server-memory.ts'
import { type ServerMetrics, ServerWatch } from './server-watch.ts'
import { strangerAt } from './stranger.ts'
import { tcpTable } from './tcp-table.ts'
import { pass } from './until.ts'

/** Settings of the server under this drill. */
export const upgradeFloodEnv = { ...collectableEnv }

const FIRST_CALLER = 14_155_550_110
const CAPTURED_CALLER = '+14155550198'
/**
 * A whole drill has fifty calls beside it, a small one two, and is gentle on a machine that has other work. Before the
 * flood it looks on for as long as the flood takes, so that calls come and go alike in both: one after another, for what
 * fifty need that begin at once would be taken for the flood's.
 */
const whole = { lanes: 50, turns: 3, apartMs: 300, quietMs: 30_000 } as const
const small = { lanes: 2, turns: 0, apartMs: 0, quietMs: 500 } as const
const perSecondOf = { whole: 5_000, small: 500 } as const
const WHOLE_FROM = 50_000
const LOOK_EVERY_MS = 500
const MEGABYTE = 1_048_576
const MOST_MORE_MB = 20
/** What is left of a refused connection is gone after this. */
const GONE_WITHIN_MS = 7_000

/**
 * Asks for media sockets without any right to one, in every way of flood-kinds, 5,000 times a second as far as the
 * machine allows, from processes of its own and beside calls in which nothing may get lost. Count: attempts.
 */
export async function drillUpgradeFlood(
  ground: DrillGround,
  options: DrillOptions,
  clock: Clock = systemClock,
): Promise<DrillResult> {
  const watch = new ServerWatch(ground, clock)
  const { seed, count } = options
  const isWhole = count >= WHOLE_FROM
  const { quietMs, ...talk } = isWhole ? whole : small
  const perSecond = isWhole ? perSecondOf.whole : perSecondOf.small
  const captured = await captureUpgrade(ground, options, clock)
  const beside = await CallsBeside.start(ground.world, { ...talk, seed, firstCaller: FIRST_CALLER })
  const { hostname: host, port } = new URL(settingOf(ground.world, 'PUBLIC_URL'))
  const flood = { host, port: Number(port), count, seed, perSecond, captured }
  const course = await floodAfterQuiet({ watch, clock, quietMs, flood })
  const healthy = await beside.finish()
  watch.listen()
  const { load, connectionsLeft } = course
  const otherEndings = otherEndingsOf(load)
  const memory = memoryOf(course)
  const alarms = watch.alarms()
  return {
    numbers: {
      wantedPerSecond: perSecond,
      ...rates(load),
      endings: load.endings,
      ...refusals(course),
      refusalLines: watch.countLines('twilioRequestRefused'),
      ...costs(course),
      residentMb: memory,
      connectionsLeft: connectionsLeft?.length ?? 'unknown',
      alarms,
      beside: healthy,
    },
    missed: missedBars([
      [watch.ended === undefined, `the server ended: ${watch.ended}`],
      [otherEndings.length === 0, `attempts ended otherwise: ${otherEndings.join(', ')}`],
      [(connectionsLeft ?? []).length === 0, `connections are left: ${connectionsLeft?.join(', ')}`],
      // A server that has just started, as under a small drill, takes that much for anything.
      [!isWhole || memory.more <= MOST_MORE_MB, `${memory.more} MB more memory`],
      [alarms.length === 0, `errors logged: ${alarms.join(', ')}`],
      ...barsBeside(healthy),
    ]),
  }
}

/** What the server was seen to do before, in and after a flood. */
type Course = {
  /** Moments before the flood, and the last of them. */
  readonly quietLooks: readonly Look[]
  readonly quiet: Look
  /** Moments in the flood. */
  readonly looks: readonly Look[]
  readonly flooded: Look
  readonly after: Look
  readonly load: FloodLoad
  /** The states of those that are. */
  readonly connectionsLeft: readonly string[] | undefined
}

async function floodAfterQuiet(run: {
  readonly watch: ServerWatch
  readonly clock: Clock
  readonly quietMs: number
  readonly flood: Parameters<typeof runFloodLoads>[0]
}): Promise<Course> {
  const { watch, clock, quietMs, flood } = run
  await pass(clock, quietMs / 2)
  // Reading the loop's delay resets it.
  await watch.metrics()
  const quietLooks = await looksWhile(pass(clock, quietMs), watch, clock)
  const quiet = await lookAt(watch, clock)
  const loading = runFloodLoads(flood)
  const looks = await looksWhile(loading, watch, clock)
  const load = await loading
  const flooded = await lookAt(watch, clock)
  const connectionsLeft = await leftOf(flood.port, clock)
  await pass(clock, quietMs / 2)
  const after = await lookAt(watch, clock)
  return { quietLooks, quiet, looks, flooded, after, load, connectionsLeft }
}

async function looksWhile(
  going: Promise<unknown>,
  watch: ServerWatch,
  clock: Clock,
): Promise<readonly Look[]> {
  const looks: Look[] = []
  const over = going.then(() => true)
  do looks.push(await lookAt(watch, clock))
  while (!(await Promise.race([pass(clock, LOOK_EVERY_MS), over])))
  return looks
}

/** The server at one moment. */
type Look = {
  readonly atMs: number
  readonly metrics: ServerMetrics
  readonly residentMb: number
  /** The longest since the look before. */
  readonly loopDelayMs: number
}

async function lookAt(watch: ServerWatch, clock: Clock): Promise<Look> {
  const metrics = await watch.metrics()
  const residentMb = rounded(metrics.sum('process_resident_memory_bytes') / MEGABYTE, 1)
  const loopDelayMs = rounded(metrics.sum('event_loop_delay_max_ms'), 1)
  return { atMs: clock.nowMs(), metrics, residentMb, loopDelayMs }
}

/** Opens the media socket of a call as Twilio does, and ends both: whoever saw that may send it again. */
async function captureUpgrade(
  { world }: DrillGround,
  { seed }: DrillOptions,
  clock: Clock,
): Promise<CapturedUpgrade> {
  const account = accountOf(world, CAPTURED_CALLER)
  await using stranger = strangerAt(account.publicUrl, clock)
  const caller = { account, stranger, random: seededRandom(~seed) }
  const { callSid, nonce } = await ringHonestly(caller)
  const dial = await dialMedia(account, nonce)
  if (!dial) throw new DrillError('Cannot go on: an honest upgrade was refused')
  dial.terminate()
  await hangUpHonestly(caller, callSid)
  return signedUpgrade(account, nonce)
}

function rates({ attempts, connections, elapsedMs, mostOpen }: FloodLoad): DrillResult['numbers'] {
  return {
    reachedPerSecond: rounded(attempts / (elapsedMs / 1_000), 0),
    attempts,
    connections,
    floodSeconds: rounded(elapsedMs / 1_000, 1),
    mostOpen,
  }
}

function refusals({ quiet, flooded }: Course): DrillResult['numbers'] {
  const between = (name: string, label: string, among: Readonly<Record<string, string>>) => {
    const was = quiet.metrics.by(name, label, among)
    const is = flooded.metrics.by(name, label, among)
    return Object.fromEntries(
      [...is].flatMap(([key, count]) => {
        const more = count - (was.get(key) ?? 0)
        return more > 0 ? [[key, more]] : []
      }),
    )
  }
  return {
    refused: between('refusals_total', 'reason', { route: 'media' }),
    endedForPlace: between('refusals_total', 'reason', { route: 'connection' }),
  }
}

/** The most in megabytes without the flood and in it: what calls that come and go take is in both. */
function memoryOf({ quietLooks, looks, after }: Course): {
  readonly before: number
  readonly peak: number
  readonly after: number
  readonly more: number
} {
  const [before, peak] = [mostOf(quietLooks, 'residentMb'), mostOf(looks, 'residentMb')]
  return { before, peak, after: after.residentMb, more: rounded(peak - before, 1) }
}

function mostOf(looks: readonly Look[], what: 'residentMb' | 'loopDelayMs'): number {
  return Math.max(...looks.map((look) => look[what]))
}

function costs({ quietLooks, quiet, looks, flooded, load }: Course): DrillResult['numbers'] {
  const [first = quiet] = quietLooks
  const quietShare = cpuMs(first, quiet) / (quiet.atMs - first.atMs)
  const tookMs = flooded.atMs - quiet.atMs
  const floodCpuMs = cpuMs(quiet, flooded)
  const perAttempt = (ms: number): number => rounded((ms * 1_000) / load.attempts, 1)
  return {
    serverCpuMicrosPerAttempt: perAttempt(floodCpuMs - quietShare * tookMs),
    loadCpuMicrosPerAttempt: perAttempt(load.cpuMs),
    serverCpuPercent: {
      withoutFlood: rounded(100 * quietShare, 1),
      inFlood: rounded((100 * floodCpuMs) / tookMs, 1),
    },
    mostLoopDelayMs: {
      withoutFlood: mostOf(quietLooks, 'loopDelayMs'),
      inFlood: mostOf(looks, 'loopDelayMs'),
    },
  }
}

function cpuMs(from: Look, to: Look): number {
  return 1_000 * (cpuSeconds(to) - cpuSeconds(from))
}

function cpuSeconds({ metrics }: Look): number {
  return metrics.sum('process_cpu_seconds_total')
}

function otherEndingsOf({ endings }: FloodLoad): readonly string[] {
  return Object.entries(endings).flatMap(([kind, counts]) =>
    Object.entries(counts)
      .filter(([ending]) => !mayEndSo(kind, ending))
      .map(([ending, count]) => `${kind}: ${ending} (${count})`),
  )
}

/** States of connections from other addresses than the usual that the server still has; undefined where unknown. */
async function leftOf(port: number, clock: Clock): Promise<readonly string[] | undefined> {
  const untilMs = clock.nowMs() + GONE_WITHIN_MS
  for (;;) {
    const table = await tcpTable()
    const left = table
      ?.filter(
        ({ localPort, otherAddress, state }) =>
          localPort === port && otherAddress !== '127.0.0.1' && state !== 'timeWait',
      )
      .map(({ state }) => state)
    if (left === undefined || left.length === 0 || clock.nowMs() >= untilMs) return left
    await pass(clock, 100)
  }
}
