import type { Clock } from '../../lib/clock.ts'
import { waitMs } from '../twilio/wait.ts'
import { type DrillGround, inLanes } from './drill.ts'
import { type Met, MOST_LATE_MS, missedOf } from './fault-bars.ts'
import type { FaultCase } from './fault-cases.ts'
import type { HealthyCalls } from './healthy-calls.ts'
import { type Felt, usuallyFelt } from './lateness.ts'
import { heldBytes, loopDelayMs } from './server-memory.ts'
import type { Standstill } from './standstill.ts'
import { meetFault, type VictimOutcome } from './victim.ts'

/** A fault that seems to have made others late is met again: what the machine does beside does not come so often. */
const MOST_TRIES_ALONE = 3
/** So many faults are met in one wave, one after another by so much: no two strike at the same moment. */
const WAVE_FAULTS = 8
const STAGGER_MS = 1_500
/** Before each wave nothing goes wrong for so long, to compare with. */
const QUIET_MS = 5_000
/** A model that counts as down is tried again after 15 s. */
const DOWN_MS = 16_000
const FIRST_VICTIM = 14_155_550_160
const VICTIMS = 20
const EDGE_MS = 100
/** For so long after a call that went wrong, what it left behind may still be felt. */
const AFTER_MS = 1_000

/** Where faults are met, and by what it is judged what others feel of them. */
export type Scene = {
  readonly ground: DrillGround
  readonly clock: Clock
  readonly seed: number
  readonly healthy: HealthyCalls
  /** What is no lateness of the server; undefined where server and world are one process, and nothing is judged. */
  readonly excused: Standstill | undefined
  /** Callers do not listen for long. */
  readonly brief: boolean
  /** What healthy calls felt in stretches in which nothing went wrong, and nothing else was done either. */
  readonly quiet: Felt[]
}

type Asked = { readonly fault: FaultCase; readonly index: number }
type Attempt = { readonly outcome: VictimOutcome; readonly felt: Felt; readonly rawFelt: Felt }
type Held = Met['heldBytes']

/**
 * Lets a call meet each of the faults, in waves: they strike one after another while the calls of a wave go on, so what
 * healthy calls feel in the time of one may be the doing of another, or of the machine. Those that seem to have made
 * them late meet their faults again in a wave of their own, and those that still do, alone. So do those that never met
 * theirs. A fault by which the model counts as down is met alone from the start.
 */
export async function meetInWaves(scene: Scene, faults: readonly FaultCase[]): Promise<readonly Met[]> {
  const asked = faults.map((fault, index): Asked => ({ fault, index }))
  const alone = asked.filter(({ fault }) => fault.looksDown)
  const together = asked.filter(({ fault }) => !fault.looksDown)
  const waveCount = Math.ceil(together.length / WAVE_FAULTS)
  const met: Met[] = []
  for (let wave = 0; wave < waveCount; wave++) {
    // Faults of one sort stand together in the list, and apart in the waves.
    for (const { index, outcome } of await meetWave(
      scene,
      together.filter((_, place) => place % waveCount === wave),
    )) {
      met[index] = outcome
    }
  }
  for (const one of alone) met[one.index] = await meetAlone(scene, one)
  return met
}

/** Lets so many calls meet their faults at a time, without asking who was to blame for what others felt. */
export async function meetSideBySide(
  scene: Scene,
  faults: readonly FaultCase[],
  lanes: number,
): Promise<readonly Met[]> {
  return await inLanes(lanes, faults, (fault, index) => meetAlone(scene, { fault, index }))
}

/** Lets a stretch of time pass in which nothing goes wrong, to compare with. */
export async function beQuiet(
  { clock, quiet, healthy, excused }: Scene,
  durationMs: number = QUIET_MS,
): Promise<void> {
  const fromMs = clock.nowMs()
  await pause(clock, durationMs)
  quiet.push(healthy.felt({ fromMs, toMs: clock.nowMs() }, excused))
}

async function meetWave(
  scene: Scene,
  wave: readonly Asked[],
): Promise<readonly { readonly index: number; readonly outcome: Met }[]> {
  const { ground, clock } = scene
  const before = await heldBytes(ground, clock)
  await beQuiet(scene)
  await loopDelayMs(ground)
  const tried = wave.map((asked) => {
    const attempts: Attempt[] = []
    return { asked, attempts }
  })
  for (const again of [false, true]) {
    const left = tried.filter(({ attempts }) => !again || isOpen(scene, attempts))
    await inLanes(Math.max(1, left.length), left, async ({ asked, attempts }, place) => {
      await pause(clock, place * STAGGER_MS)
      attempts.push(await attempt(scene, asked))
    })
  }
  const loop = await loopDelayMs(ground)
  const held: Held = { before, after: await heldBytes(ground, clock) }
  return await inLanes(1, tried, async ({ asked, attempts }) => {
    const outcome = isOpen(scene, attempts)
      ? await meetAlone(scene, asked, attempts)
      : metOf(asked, { attempts, loopDelayMs: loop, heldBytes: held })
    return { index: asked.index, outcome }
  })
}

/** Lets one call meet a fault, again while nothing can be said of it but bad, and lets its aftermath pass. */
async function meetAlone(scene: Scene, asked: Asked, before: readonly Attempt[] = []): Promise<Met> {
  const { ground, clock } = scene
  const attempts = [...before]
  const held = await heldBytes(ground, clock)
  await loopDelayMs(ground)
  for (let tries = 0; tries < MOST_TRIES_ALONE && isOpen(scene, attempts); tries++) {
    attempts.push(await attempt(scene, asked))
    if (asked.fault.looksDown) await pause(clock, DOWN_MS)
  }
  const loop = await loopDelayMs(ground)
  const heldBoth: Held = { before: held, after: await heldBytes(ground, clock) }
  return metOf(asked, { attempts, loopDelayMs: loop, heldBytes: heldBoth })
}

async function attempt(scene: Scene, { fault, index }: Asked): Promise<Attempt> {
  const { ground, clock, seed, brief, healthy, excused } = scene
  const from = `+${FIRST_VICTIM + (index % VICTIMS)}`
  const outcome = await meetFault(ground.world, fault, { from, brief, seed: seed + index })
  await pause(clock, AFTER_MS)
  // What was just on its way when the fault struck may feel it too.
  const fromMs = (outcome.faultAtMs ?? outcome.overAtMs) - EDGE_MS
  const stretch = { fromMs, toMs: outcome.overAtMs + AFTER_MS }
  return { outcome, felt: healthy.felt(stretch, excused), rawFelt: healthy.felt(stretch) }
}

/** Whether a fault has to be met again: it has never struck, or has seemed to make others late whenever it did. */
function isOpen({ excused, quiet }: Scene, attempts: readonly Attempt[]): boolean {
  const mostMs = excused ? worst(usuallyFelt(quiet)) + MOST_LATE_MS : Infinity
  return !attempts.some(({ outcome, felt }) => outcome.faultAtMs !== undefined && worst(felt) <= mostMs)
}

/** What is told of a fault: where others felt it least, and the call for which it went worst. */
function metOf(
  { fault }: Asked,
  { attempts, ...measured }: Pick<Met, 'loopDelayMs' | 'heldBytes'> & { readonly attempts: Attempt[] },
): Met {
  const struck = attempts.filter(({ outcome }) => outcome.faultAtMs !== undefined)
  const counting = struck.length > 0 ? struck : attempts
  const [least] = counting.toSorted((a, b) => worst(a.felt) - worst(b.felt))
  const told = counting.find(({ outcome }) => missedOf(fault, outcome).length > 0) ?? counting.at(-1)
  if (!least || !told) throw new Error(`Cannot tell of the fault ${fault.name}: it was not met`)
  const { felt, rawFelt } = least
  return { fault, outcome: told.outcome, felt, rawFelt, tries: attempts.length, ...measured }
}

function worst({ up, down }: Felt): number {
  return Math.max(up, down)
}

function pause(clock: Clock, durationMs: number): Promise<unknown> {
  return waitMs(clock, durationMs, AbortSignal.any([]))
}
