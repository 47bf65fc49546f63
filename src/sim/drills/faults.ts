import { z } from 'zod'
import type { Clock } from '../../lib/clock.ts'
import { decodeMulaw } from '../audio/g711.ts'
import { writeWav } from '../audio/wav.ts'
import { seededRandom } from '../caller/random.ts'
import { noise } from '../caller/sounds.ts'
import {
  DrillError,
  type DrillGround,
  type DrillOptions,
  type DrillResult,
  inLanes,
  missedBars,
  settingOf,
} from './drill.ts'
import { describe, megabytes, type Met, MOST_MORE_MEMORY, missedBy } from './fault-bars.ts'
import { type FaultCase, faultCases, QUESTION_MS, questionClip, warmUps } from './fault-cases.ts'
import { HealthyCalls } from './healthy-calls.ts'
import { usuallyFelt } from './lateness.ts'
import { beQuiet, meetInWaves, meetSideBySide, type Scene } from './meet-faults.ts'
import { queuedMsOf, RunQueueMeter } from './run-queue-meter.ts'
import { collectableEnv, heldBytes } from './server-memory.ts'
import { StallMeter } from './stall-meter.ts'
import { Standstill } from './standstill.ts'
import { strangerAt } from './stranger.ts'

/** Settings of the server under this drill. */
export const faultsEnv = collectableEnv

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

/**
 * Lets calls meet faults, with ten calls beside them in which nothing goes wrong. What those feel is how late their
 * audio is, but for what was done to them by a world or a machine that did not go on, compared with the time in which
 * there was no fault. Count: faults, from the list of all.
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
  await using meters = new AsyncDisposableStack()
  const excused = ground.server && standstillOf(ground.server().pid, clock, meters)
  await using healthy = await HealthyCalls.start(world, { count: healthyCalls, seed })
  const brief = sideBySide > 0
  const scene: Scene = { ground, clock, seed, healthy, excused, brief, quiet: [] }
  await beQuiet(scene, quietMs)
  if (ground.server) await meetSideBySide({ ...scene, excused: undefined }, warmUps, warmUps.length)
  const startBytes = await heldBytes(ground, clock)
  const met = brief ? await meetSideBySide(scene, chosen, sideBySide) : await meetInWaves(scene, chosen)
  const quietLateMs = usuallyFelt(scene.quiet)
  const endBytes = await heldBytes(ground, clock)
  const troubles = healthy.troubles()
  const unrecorded = await countUnrecorded(ground, met)
  const numbers = {
    faults: met.length,
    healthyCalls,
    quietLateMs,
    quietStretches: scene.quiet.length,
    ...(startBytes !== undefined && { heldMbAtStart: megabytes(startBytes) }),
    ...(endBytes !== undefined && { heldMbAtEnd: megabytes(endBytes) }),
    troubles,
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
    ...met.flatMap((one) => missedBy(one, excused && quietLateMs)),
  ]
  return { numbers, missed }
}

/** What does not count as lateness of a server: this process stands still, or either waits for a processor. */
function standstillOf(serverPid: number, clock: Clock, meters: AsyncDisposableStack): Standstill {
  return new Standstill([
    meters.use(new StallMeter(clock)),
    meters.use(new RunQueueMeter(clock, () => queuedMsOf(process.pid))),
    meters.use(new RunQueueMeter(clock, () => queuedMsOf(serverPid))),
  ])
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
