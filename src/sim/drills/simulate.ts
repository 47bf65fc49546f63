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
  missedBars,
  rounded,
  settingOf,
} from './drill.ts'
import { codeBytes, ownHeldBytes } from './heap-bytes.ts'
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
/** Of what is known of a call that is over so much is kept. */
const HASH_BYTES = 8

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
type Failure = { readonly seed: number; readonly problems: readonly string[] }

class Simulation {
  readonly #ground: DrillGround
  readonly #world: World
  readonly #clock: Virtual['clock']
  readonly #network: MemoryNetwork
  readonly #endings: Record<string, number> = {}
  /** The first that were found; of calls in which nothing was wrong nothing but the hash is kept. */
  readonly #failures: Failure[] = []
  readonly #underWay = new Set<number>()
  readonly #watch: CallWatch
  /** Timers that the server has without a call, such as the one that watches its loop. */
  readonly #ownTimers: number
  #failedCalls = 0
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
    const numbers = Array.from({ length: Math.min(LANES, count) }, (_, lane) => `+${FIRST_CALLER + lane}`)
    for (const number of numbers) await this.#introduce(number)
    const startMs = this.#clock.nowMs()
    const hashes = Buffer.alloc(HASH_BYTES * count)
    const calls = (from: number, to: number): Promise<void> =>
      inTurn({ from, to, lanes: numbers }, async (index, number) => {
        hashes.write(await this.#call(seed + index, number), HASH_BYTES * index, 'hex')
      })
    const warmCount = Math.min(WARM_CALLS, count)
    await calls(0, warmCount)
    const warm = await this.#rest()
    await calls(warmCount, count)
    const left = await this.#rest()
    const failed = this.#failures.toSorted((one, other) => one.seed - other.seed)
    const countedMs = left.gauges['caller_audio_dropped_ms_total'] ?? 0
    const heapGrowth = left.heapBytes / warm.heapBytes - 1
    const report = {
      callMinutes: rounded(this.#callMs / 60_000, 1),
      virtualMinutes: rounded((this.#clock.nowMs() - startMs) / 60_000, 1),
      endings: this.#endings,
      failedCalls: this.#failedCalls,
      failures: failed.map(({ seed: one, problems }) => `seed ${one}: ${problems.join('; ')}`),
      hash: combined(hashes),
      heapMb: [megabytes(warm.heapBytes), megabytes(left.heapBytes)],
      codeMb: [megabytes(warm.codeBytes), megabytes(left.codeBytes)],
      droppedMs: [rounded(this.#droppedMs, 0), rounded(countedMs, 0)],
      left: left.left,
    }
    const leftOver = Object.entries(left.left).filter(([, value]) => value !== 0)
    return {
      numbers: report,
      missed: missedBars([
        [
          this.#failedCalls === 0,
          `${this.#failedCalls} calls did what no call may do, of which seed ${failed[0]?.seed} is one`,
        ],
        [
          leftOver.length === 0,
          `left at the end: ${leftOver.map(([name, value]) => `${value} ${name}`).join(', ')}`,
        ],
        [this.#droppedMs <= countedMs, `${this.#droppedMs} ms of audio were dropped, ${countedMs} counted`],
        [
          count <= WARM_CALLS || heapGrowth <= MOST_HEAP_GROWTH,
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
  }

  /** Simulates a call and judges it. @returns what happened in it, as one number */
  async #call(seed: number, from: string): Promise<string> {
    this.#underWay.add(seed)
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
    if (problems.length > 0) {
      this.#failedCalls++
      if (this.#failures.length < MOST_FAILURES) this.#failures.push({ seed, problems })
    }
    this.#underWay.delete(seed)
    return eventHash(call, startMs)
  }

  /** Waits until nothing can be under way any more. @returns what is left all the same */
  async #rest(): Promise<{
    left: Record<string, number>
    gauges: Record<string, number>
    heapBytes: number
    codeBytes: number
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
    const heapBytes = await ownHeldBytes()
    return { gauges, heapBytes, codeBytes: codeBytes(), left: { ...world, ...server } }
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

function megabytes(bytes: number): number {
  return rounded(bytes / 1e6, 2)
}

function wait(clock: Clock, ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  clock.setTimer(ms, resolve)
  return promise
}

/** Works from one index up to another, with one piece of work at a time in each lane, and keeps nothing of it. */
async function inTurn(
  { from, to, lanes }: { readonly from: number; readonly to: number; readonly lanes: readonly string[] },
  work: (index: number, lane: string) => Promise<void>,
): Promise<void> {
  let next = from
  const run = async (lane: string): Promise<void> => {
    while (next < to) await work(next++, lane)
  }
  await Promise.all(lanes.map(run))
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
function combined(hashes: Buffer): string {
  if (hashes.length === HASH_BYTES) return hashes.toString('hex')
  const all = createHash('sha256')
  for (let at = 0; at < hashes.length; at += HASH_BYTES)
    all.update(hashes.toString('hex', at, at + HASH_BYTES))
  return all.digest('hex').slice(0, 2 * HASH_BYTES)
}
