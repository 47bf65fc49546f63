import { z } from 'zod'
import type { Clock } from '../../lib/clock.ts'
import { decodeMulaw } from '../audio/g711.ts'
import { writeWav } from '../audio/wav.ts'
import { seededRandom } from '../caller/random.ts'
import { noise } from '../caller/sounds.ts'
import { waitMs } from '../twilio/wait.ts'
import {
  DrillError,
  type DrillGround,
  type DrillOptions,
  type DrillResult,
  inLanes,
  missedBars,
  settingOf,
} from './drill.ts'
import {
  describe,
  megabytes,
  type Met,
  MOST_LATE_MS,
  MOST_MORE_MEMORY,
  missedBy,
  missedOf,
} from './fault-bars.ts'
import { type FaultCase, faultCases, QUESTION_MS, questionClip, warmUps } from './fault-cases.ts'
import { HealthyCalls } from './healthy-calls.ts'
import { type Felt, usuallyFelt } from './lateness.ts'
import { collectableEnv, heldBytes, loopDelayMs } from './server-memory.ts'
import { StallMeter } from './stall-meter.ts'
import { strangerAt } from './stranger.ts'
import { meetFault, type VictimOutcome } from './victim.ts'

/** Settings of the server under this drill. */
export const faultsEnv = collectableEnv

/** A fault that seems to have made others late is met again: what the machine does beside does not come so often. */
const MOST_TRIES = 3
/** A model that counts as down is tried again after 15 s. */
const DOWN_MS = 16_000
const FIRST_VICTIM = 14_155_550_160
const VICTIMS = 20
const EDGE_MS = 100
/** A shorter stretch before a fault is none to compare with. */
const LEAST_QUIET_MS = 3_000
/** For so long after a call that went wrong, what it left behind may still be felt. */
const AFTER_MS = 1_000

/** How a drill of faults is run, besides what all drills know. */
export type FaultsOptions = {
  readonly healthyCalls?: number
  /** Names of the faults; unset, the first so many of all. */
  readonly faults?: readonly string[]
  /** How many meet their fault side by side, in brief calls; one after another, at length, when unset. */
  readonly sideBySide?: number
  /** How long nothing goes wrong at first, to compare with. */
  readonly quietMs?: number
}

type Scene = {
  readonly ground: DrillGround
  readonly clock: Clock
  readonly seed: number
  readonly healthy: HealthyCalls
  readonly stalls: StallMeter | undefined
  /** Callers do not listen for long. */
  readonly brief: boolean
  /** What healthy calls felt in stretches in which nothing went wrong, and nothing else was done either. */
  readonly quiet: Felt[]
}

/**
 * Lets one call after another meet a fault, with ten calls beside it in which nothing goes wrong. What those feel is
 * how late their audio is, compared with the time in which there was no fault. Count: faults, from the list of all.
 */
export async function drillFaults(
  ground: DrillGround,
  { seed, count }: DrillOptions,
  { healthyCalls = 10, faults: names, sideBySide = 0, quietMs = 10_000 }: FaultsOptions = {},
): Promise<DrillResult> {
  const { world } = ground
  const { clock } = world
  const chosen = names ? names.map(caseOf) : faultCases.slice(0, count)
  world.addRecording(questionClip, questionWav(seed))
  // In one process a stall of the world is one of the server, which is what is looked for.
  using stalls = ground.server ? new StallMeter(clock) : undefined
  await using healthy = await HealthyCalls.start(world, { count: healthyCalls, seed })
  const brief = sideBySide > 0
  const scene: Scene = { ground, clock, seed, healthy, stalls, brief, quiet: [] }
  await beQuiet(scene, quietMs)
  if (ground.server) await inLanes(1, warmUps, (fault, index) => meet(scene, fault, index))
  const startBytes = await heldBytes(ground, clock)
  const met = await inLanes(Math.max(1, sideBySide), chosen, (fault, index) => meet(scene, fault, index))
  const quietLateMs = usuallyFelt(scene.quiet)
  const endBytes = await heldBytes(ground, clock)
  const troubles = healthy.troubles()
  const unrecorded = await countUnrecorded(ground, met)
  const numbers = {
    faults: met.length,
    healthyCalls,
    quietLateMs,
    ...(startBytes !== undefined && { heldMbAtStart: megabytes(startBytes) }),
    ...(endBytes !== undefined && { heldMbAtEnd: megabytes(endBytes) }),
    each: met.map(describe),
  }
  const missed = [
    ...missedBars([
      [await isAlive(ground, clock), 'The server is gone'],
      [troubles.length === 0, `${troubles.length} troubles of healthy calls, such as: ${troubles[0]}`],
      [unrecorded === 0, `${unrecorded} calls without an ending in their record`],
      [
        !((endBytes ?? 0) > (startBytes ?? 0) * (1 + MOST_MORE_MEMORY)),
        `${megabytes(endBytes ?? 0)} MB held in the end, ${megabytes(startBytes ?? 0)} MB at the start`,
      ],
    ]),
    // A world that stands still in the same process would make them late just as well.
    ...met.flatMap((one) => missedBy(one, stalls && quietLateMs)),
  ]
  return { numbers, missed }
}

/** Lets one call meet a fault, again while it seems to make others late, and lets its aftermath pass. */
async function meet(scene: Scene, fault: FaultCase, index: number): Promise<Met> {
  const { ground, clock, seed, brief, healthy, stalls, quiet } = scene
  const { world } = ground
  const from = `+${FIRST_VICTIM + (index % VICTIMS)}`
  const before = await heldBytes(ground, clock)
  let best: Felt | undefined
  let bad: VictimOutcome | undefined
  for (let tries = 1; ; tries++) {
    await loopDelayMs(ground)
    const startMs = clock.nowMs()
    const outcome = await meetFault(world, fault, { from, brief, seed: seed + index })
    await waitMs(clock, AFTER_MS, AbortSignal.any([]))
    // What was just on its way when the fault struck may feel it too.
    const fromMs = (outcome.faultAtMs ?? outcome.overAtMs) - EDGE_MS
    if (fromMs - startMs > LEAST_QUIET_MS) quiet.push(healthy.felt({ fromMs: startMs, toMs: fromMs }, stalls))
    const felt = healthy.felt({ fromMs, toMs: outcome.overAtMs + AFTER_MS }, stalls)
    if (best === undefined || worst(felt) < worst(best)) best = felt
    if (fault.looksDown) await waitMs(clock, DOWN_MS, AbortSignal.any([]))
    const costMs = worst(best) - worst(usuallyFelt(quiet))
    if (missedOf(fault, outcome).length > 0) bad ??= outcome
    if (stalls && costMs > MOST_LATE_MS && tries < MOST_TRIES) continue
    const loop = await loopDelayMs(ground)
    const after = await heldBytes(ground, clock)
    return {
      fault,
      outcome: bad ?? outcome,
      felt: best,
      tries,
      loopDelayMs: loop,
      heldBytes: { before, after },
    }
  }
}

function worst({ up, down }: Felt): number {
  return Math.max(up, down)
}

async function beQuiet({ clock, quiet, healthy, stalls }: Scene, durationMs: number): Promise<void> {
  const fromMs = clock.nowMs()
  await waitMs(clock, durationMs, AbortSignal.any([]))
  quiet.push(healthy.felt({ fromMs, toMs: clock.nowMs() }, stalls))
}

function caseOf(name: string): FaultCase {
  const found = faultCases.find((fault) => fault.name === name)
  if (!found) throw new DrillError(`Cannot drill the fault ${name}: there is none of that name`)
  return found
}

function questionWav(seed: number): Uint8Array {
  const ulaw = noise({ random: seededRandom(seed), durationMs: QUESTION_MS, dbfs: -20 })
  return writeWav({ rateHz: 8_000, samples: decodeMulaw(ulaw) })
}

async function isAlive({ world }: DrillGround, clock: Clock): Promise<boolean> {
  await using stranger = strangerAt(settingOf(world, 'PUBLIC_URL'), clock)
  return await stranger.get('/healthz').then(
    ({ status }) => status === 200,
    () => false,
  )
}

const recorded = z.object({ call: z.object({ ending: z.string() }) })

async function countUnrecorded(ground: DrillGround, met: readonly Met[]): Promise<number> {
  const records = await inLanes(1, met, ({ outcome }) => ground.record(outcome.callSid))
  return records.filter((record) => !recorded.safeParse(record).success).length
}
