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
  type DrillNumber,
  type DrillOptions,
  type DrillResult,
  inLanes,
  missedBars,
  rounded,
  settingOf,
} from './drill.ts'
import { type FaultCase, faultCases, QUESTION_MS, questionClip } from './fault-cases.ts'
import { HealthyCalls } from './healthy-calls.ts'
import type { Felt } from './lateness.ts'
import { collectableEnv, heldBytes } from './server-memory.ts'
import { type Stall, StallMeter } from './stall-meter.ts'
import { strangerAt } from './stranger.ts'
import { meetFault, type VictimOutcome } from './victim.ts'

/** Settings of the server under this drill. */
export const faultsEnv = collectableEnv

const MOST_LATE_MS = 25
const MOST_SILENT_MS = 3_000
const MOST_UNDECIDED_MS = 12_000
/** Media that do not come are waited for 15 s; then the call has to go. */
const MOST_GONE_MS = 18_000
/** What may be held beyond what was held before. */
const MOST_MORE_MEMORY = 0.1
/** A fault that seems to have made others late is met again: what the machine does beside does not come so often. */
const MOST_TRIES = 3
const FIRST_VICTIM = 4_155_550_160
const VICTIMS = 20
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
  /** Stretches in which nothing has gone wrong, and nothing else was done either. */
  readonly quiet: Stall[]
}

type Met = {
  readonly fault: FaultCase
  readonly outcome: VictimOutcome
  /** What healthy calls felt of it, when they felt least. */
  readonly felt: Felt
  readonly tries: number
  readonly heldBytes: number | undefined
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
  const beforeBytes = await heldBytes(ground, clock)
  const met = await inLanes(Math.max(1, sideBySide), chosen, (fault, index) => meet(scene, fault, index))
  const quietLateMs = healthy.felt(scene.quiet, stalls)
  const { over, refused } = healthy.troubles()
  const unrecorded = await countUnrecorded(ground, met)
  const alive = await isAlive(ground, clock)
  const numbers = {
    faults: met.length,
    healthyCalls,
    quietLateMs,
    ...(beforeBytes !== undefined && { heldMbBefore: megabytes(beforeBytes) }),
    each: met.map(describe),
  }
  const missed = [
    ...missedBars([
      [alive, 'The server is gone'],
      [over === 0, `${over} healthy calls ended`],
      [refused === 0, `${refused} events of healthy calls refused`],
      [unrecorded === 0, `${unrecorded} calls without an ending in their record`],
    ]),
    // A world that stands still in the same process would make them late just as well.
    ...met.flatMap((one) => missedBy(one, { quietLateMs: stalls ? quietLateMs : undefined, beforeBytes })),
  ]
  return { numbers, missed }
}

/** Lets one call meet a fault, again while it seems to make others late, and lets its aftermath pass. */
async function meet(scene: Scene, fault: FaultCase, index: number): Promise<Met> {
  const { ground, clock, seed, brief, healthy, stalls, quiet } = scene
  const { world } = ground
  const from = `+${FIRST_VICTIM + (index % VICTIMS)}`
  let best: Felt | undefined
  for (let tries = 1; ; tries++) {
    const startMs = clock.nowMs()
    const outcome = await meetFault(world, fault, { from, brief, seed: seed + index })
    await waitMs(clock, AFTER_MS, AbortSignal.any([]))
    const fromMs = outcome.faultAtMs ?? outcome.overAtMs
    quiet.push({ fromMs: startMs, toMs: fromMs })
    const felt = healthy.felt([{ fromMs, toMs: outcome.overAtMs + AFTER_MS }], stalls)
    if (best === undefined || worst(felt) < worst(best)) best = felt
    const costMs = worst(best) - worst(healthy.felt(quiet, stalls))
    const again = stalls && costMs > MOST_LATE_MS && missedOf(fault, outcome).length === 0
    if (again && tries < MOST_TRIES) continue
    return { fault, outcome, felt: best, tries, heldBytes: await heldBytes(ground, clock) }
  }
}

function worst({ up, down }: Felt): number {
  return Math.max(up.max, down.max)
}

async function beQuiet({ clock, quiet }: Scene, durationMs: number): Promise<void> {
  const fromMs = clock.nowMs()
  await waitMs(clock, durationMs, AbortSignal.any([]))
  quiet.push({ fromMs, toMs: clock.nowMs() })
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

function megabytes(bytes: number): number {
  return rounded(bytes / 1_048_576, 1)
}

function describe({ fault, outcome, felt, tries, heldBytes: held }: Met): DrillNumber {
  const { toldMs, silentMs, decidedMs, decided, goneMs } = outcome
  const isOver = fault.expected === 'gone' || fault.expected === 'ends'
  const heard = { toldMs: rounded(toldMs, 0), silentMs, decidedMs: rounded(decidedMs, 0), decided }
  return {
    fault: fault.name,
    expected: fault.expected,
    ...(isOver ? { goneMs: rounded(goneMs, 0) } : heard),
    endedBy: outcome.endedBy,
    sessions: outcome.sessions,
    refused: outcome.refused.length,
    lateMs: { up: felt.up.max, down: felt.down.max, tries },
    ...(held !== undefined && { heldMb: megabytes(held) }),
  }
}

/** The bars that one fault missed. */
function missedBy(
  { fault, outcome, felt, heldBytes: held }: Met,
  before: { readonly quietLateMs: Felt | undefined; readonly beforeBytes: number | undefined },
): readonly string[] {
  const { quietLateMs, beforeBytes } = before
  const cost = (way: 'up' | 'down'): number =>
    quietLateMs ? rounded(felt[way].max - quietLateMs[way].max, 1) : 0
  return [
    ...missedOf(fault, outcome),
    ...missedBars([
      [cost('up') <= MOST_LATE_MS, `healthy callers were heard ${cost('up')} ms later than without a fault`],
      [cost('down') <= MOST_LATE_MS, `healthy callers heard the model ${cost('down')} ms later than without`],
      [
        held === undefined || beforeBytes === undefined || held <= beforeBytes * (1 + MOST_MORE_MEMORY),
        `${megabytes(held ?? 0)} MB held after it, ${megabytes(beforeBytes ?? 0)} MB before all`,
      ],
    ]),
  ].map((sentence) => `${fault.name}: ${sentence}`)
}

/** What the call that met the fault has to complain of. */
function missedOf({ expected }: FaultCase, outcome: VictimOutcome): readonly string[] {
  const { faultAtMs, refused, errors, toldMs, silentMs, decidedMs, goneMs } = outcome
  if (faultAtMs === undefined) return ['the fault did not strike']
  const isOver = expected === 'gone' || expected === 'ends'
  const mostGoneMs = expected === 'gone' ? MOST_GONE_MS : MOST_UNDECIDED_MS
  return missedBars([
    [isOver || expected !== 'lost' || toldMs <= MOST_SILENT_MS, `not told for ${ms(toldMs)}`],
    [isOver || (silentMs <= MOST_SILENT_MS && toldMs < Infinity), `silence of ${ms(silentMs)}`],
    [isOver || decidedMs <= MOST_UNDECIDED_MS, `neither heard again nor politely ended for ${ms(decidedMs)}`],
    [!isOver || goneMs <= mostGoneMs, `call or session there for ${ms(goneMs)} more`],
    [refused.length === 0, `${refused.length} events refused (${[...new Set(refused)].join(', ')})`],
    [errors.length === 0, `the call went wrong (${errors[0]})`],
  ])
}

function ms(value: number): string {
  return value < Infinity ? `${rounded(value, 0)} ms` : 'for ever'
}
