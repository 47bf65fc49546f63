import { createHash } from 'node:crypto'
import type { Clock } from '../../lib/clock.ts'
import type { MemoryNetwork } from '../memory/memory-network.ts'
import type { Scenario } from '../scenario.ts'
import type { World } from '../world.ts'
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
import { ownHeldBytes } from './heap-bytes.ts'
import { judgeRecord } from './judge-record.ts'
import { judgeSilence } from './judge-silence.ts'
import { judgeUplink } from './judge-uplink.ts'
import { CallWatch, callRecord, eventHash, type SimulatedCall } from './simulated-call.ts'
import { introduction, simulatedScenario } from './simulated-scenario.ts'

/** Settings of the server under simulation: no call is told that others fill all lines, or found the model down. */
export const simulateEnv = { MAX_CALLS: '1000', MAX_MODEL_FAILURES: '1000000' }

/** Calls at a time, each from a number of its own. */
const LANES = 40
const FIRST_CALLER = 14_155_550_110
/** What a server writes down of a call is written so soon after it. */
const RECORD_MS = 4_000
/** The longest that anything waits: for a connection whose other end is gone without a word. */
const LONGEST_WAIT_MS = 700_000
/** Calls before the heap is looked at for the first time. */
const WARM_CALLS = 500
const MOST_HEAP_GROWTH = 0.05
const MOST_FAILURES = 100

/**
 * Lets callers, a model and a network do as chance has it, on a virtual clock, and holds every call to what no call
 * may do. Count: calls; the n-th has the seed plus n, and is the same call when it is simulated alone.
 */
export async function drillSimulate(ground: DrillGround, options: DrillOptions): Promise<DrillResult> {
  const { virtual } = ground
  if (!virtual) throw new DrillError('Cannot simulate calls: time is real here')
  const simulation = new Simulation(ground, virtual)
  const broken = Promise.withResolvers<never>()
  const onError = (error: Error): void => {
    const seeds = simulation.underWay().join(', ')
    broken.reject(
      new DrillError(`Broke while seeds ${seeds} were under way: ${error.stack ?? error.message}`),
    )
  }
  process.on('uncaughtException', onError)
  try {
    return await virtual.time.until(Promise.race([simulation.run(options), broken.promise]))
  } finally {
    process.off('uncaughtException', onError)
  }
}

type Virtual = NonNullable<DrillGround['virtual']>
type Ways = Pick<SimulatedCall, 'uplinkMs' | 'downlinkMs' | 'mediaRoundMs' | 'modelRoundMs' | 'updateMs'>
type Verdict = { readonly seed: number; readonly problems: readonly string[]; readonly hash: string }

class Simulation {
  readonly #ground: DrillGround
  readonly #world: World
  readonly #clock: Virtual['clock']
  readonly #network: MemoryNetwork
  readonly #endings: Record<string, number> = {}
  readonly #lanes: number[] = []
  readonly #underWay = new Set<number>()
  readonly #watch: CallWatch
  /** Timers that the server has without a call, such as the one that watches its loop. */
  readonly #ownTimers: number
  #callMs = 0
  #droppedMs = 0

  constructor(ground: DrillGround, { clock, network }: Virtual) {
    this.#ground = ground
    this.#world = ground.world
    this.#clock = clock
    this.#ownTimers = clock.pendingTimers()
    this.#network = network
    this.#watch = new CallWatch(ground.world)
  }

  async run({ seed, count }: DrillOptions): Promise<DrillResult> {
    using held = new DisposableStack()
    held.use(this.#watch)
    const lanes = Math.min(LANES, count)
    for (let lane = 0; lane < lanes; lane++) await this.#introduce(numberOf(lane))
    const startMs = this.#clock.nowMs()
    const seeds = Array.from({ length: count }, (_, index) => seed + index)
    const first = await this.#calls(seeds.slice(0, WARM_CALLS))
    const warm = await this.#rest()
    const rest = await this.#calls(seeds.slice(WARM_CALLS))
    const left = await this.#rest()
    const verdicts = [...first, ...rest]
    const failed = verdicts.filter(({ problems }) => problems.length > 0)
    const countedMs = left.gauges['caller_audio_dropped_ms_total'] ?? 0
    const heapGrowth = left.heapBytes / warm.heapBytes - 1
    const numbers = {
      callMinutes: rounded(this.#callMs / 60_000, 1),
      virtualMinutes: rounded((this.#clock.nowMs() - startMs) / 60_000, 1),
      endings: this.#endings,
      failedCalls: failed.length,
      failures: failed
        .slice(0, MOST_FAILURES)
        .map(({ seed: one, problems }) => `seed ${one}: ${problems.join('; ')}`),
      hash: combined(verdicts),
      heapMb: [rounded(warm.heapBytes / 1e6, 1), rounded(left.heapBytes / 1e6, 1)],
      droppedMs: [rounded(this.#droppedMs, 0), rounded(countedMs, 0)],
      left: left.left,
    }
    const leftOver = Object.entries(left.left).filter(([, value]) => value !== 0)
    return {
      numbers,
      missed: missedBars([
        [
          failed.length === 0,
          `${failed.length} calls did what no call may do, of which seed ${failed[0]?.seed} is one`,
        ],
        [
          leftOver.length === 0,
          `left at the end: ${leftOver.map(([name, value]) => `${value} ${name}`).join(', ')}`,
        ],
        [this.#droppedMs <= countedMs, `${this.#droppedMs} ms of audio were dropped, ${countedMs} counted`],
        [
          rest.length === 0 || heapGrowth <= MOST_HEAP_GROWTH,
          `the heap grew by ${rounded(100 * heapGrowth, 1)} per cent`,
        ],
      ]),
    }
  }

  /** Seeds of the calls that have begun and are not judged yet. */
  underWay(): readonly number[] {
    return [...this.#underWay]
  }

  /** The first call of a number, in which the model's side of the world learns who it is. */
  async #introduce(from: string): Promise<void> {
    const ring = await this.#world.ring(introduction(from))
    await this.#wait(1_000)
    ring.call.hangUp()
    await ring.ended
    await this.#wait(RECORD_MS)
    this.#watch.take(ring, ring.sessions())
    this.#lanes.push(Number(from.slice(1)) - FIRST_CALLER)
  }

  async #calls(seeds: readonly number[]): Promise<Verdict[]> {
    return await inLanes(this.#lanes.length, seeds, async (seed) => {
      const lane = this.#lanes.pop() ?? 0
      this.#underWay.add(seed)
      const verdict = await this.#call(seed, numberOf(lane))
      this.#underWay.delete(seed)
      this.#lanes.push(lane)
      return verdict
    })
  }

  async #call(seed: number, from: string): Promise<Verdict> {
    // Calls begin at whole seconds, as the same call does alone: sessions end at whole ones.
    const wallMs = this.#world.clock.wallMs()
    await this.#wait(1_000 * Math.ceil(wallMs / 1_000) - wallMs)
    const startMs = this.#clock.nowMs()
    const scenario = simulatedScenario(seed, from)
    const ring = await this.#world.ring(scenario, { seed })
    this.#watch.follow(ring)
    const { summary } = await ring.ended
    await this.#wait(RECORD_MS)
    const sessions = ring.sessions()
    const call: SimulatedCall = {
      summary,
      sessions,
      faults: ring.faults(),
      record: callRecord.safeParse(await this.#ground.record(ring.call.sid)).data,
      wallAheadMs: this.#world.clock.wallMs() - this.#clock.nowMs(),
      ...this.#watch.take(ring, sessions),
      ...waysOf(scenario),
    }
    const uplink = judgeUplink(call)
    this.#callMs += summary.durationMs
    this.#droppedMs += uplink.droppedMs
    const ending = call.record?.call.ending ?? 'none'
    this.#endings[ending] = (this.#endings[ending] ?? 0) + 1
    for (const session of sessions) session.dropAudio()
    const problems = [...judgeRecord(call), ...uplink.problems, ...judgeSilence(call)]
    return { seed, problems, hash: eventHash(call, startMs) }
  }

  /** Waits until nothing can be under way any more. @returns what is left all the same */
  async #rest(): Promise<{
    left: Record<string, number>
    gauges: Record<string, number>
    heapBytes: number
  }> {
    await this.#wait(LONGEST_WAIT_MS)
    this.#watch.sweep()
    const world = {
      timers: this.#clock.pendingTimers() - this.#ownTimers,
      connections: this.#network.openConnections(),
      watched: this.#watch.size(),
    }
    const gauges = await this.#gauges()
    const server = {
      calls: gauges['calls_live'] ?? Number.NaN,
      sessions: gauges['realtime_sessions_live'] ?? Number.NaN,
      mediaSockets: (gauges['media_sockets_live'] ?? 0) + (gauges['media_sockets_pending'] ?? 0),
    }
    // What the world keeps of the latest calls is theirs, and how long those were is chance.
    this.#world.forgetEnded()
    return { gauges, heapBytes: await ownHeldBytes(), left: { ...world, ...server } }
  }

  /** What the server says of itself. */
  async #gauges(): Promise<Record<string, number>> {
    const url = `${settingOf(this.#world, 'PUBLIC_URL')}/metrics`
    const { body } = await this.#network.request({ url, method: 'GET', headers: {}, body: '' })
    const gauges: Record<string, number> = {}
    for (const [, name = '', value] of body.matchAll(/^([a-z_]+)(?:\{[^}]*\})? ([0-9.e+-]+)$/gm)) {
      gauges[name] = (gauges[name] ?? 0) + Number(value)
    }
    return gauges
  }

  #wait(ms: number): Promise<void> {
    return wait(this.#clock, ms)
  }
}

function wait(clock: Clock, ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  clock.setTimer(ms, resolve)
  return promise
}

function numberOf(lane: number): string {
  return `+${FIRST_CALLER + lane}`
}

function waysOf({ call, model }: Scenario): Ways {
  const media = call.delays ?? { toServerMs: 0, toClientMs: 0 }
  const speech = model.delays ?? { toServerMs: 0, toClientMs: 0 }
  return {
    uplinkMs: media.toServerMs + speech.toServerMs,
    downlinkMs: media.toClientMs + speech.toClientMs,
    mediaRoundMs: media.toServerMs + media.toClientMs,
    modelRoundMs: speech.toServerMs + speech.toClientMs,
    updateMs: model.updateMs ?? 0,
  }
}

/** One number for all calls. */
function combined(verdicts: readonly Verdict[]): string {
  if (verdicts.length === 1) return verdicts[0]?.hash ?? ''
  const all = createHash('sha256')
  for (const { hash } of verdicts) all.update(hash)
  return all.digest('hex').slice(0, 16)
}
