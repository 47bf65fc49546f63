import { z } from 'zod'
import type { Clock } from '../../lib/clock.ts'
import { waitMs } from '../twilio/wait.ts'
import type { World } from '../world.ts'
import type { DrillGround } from './drill.ts'
import type { HonestCaller } from './honest-calls.ts'

/** What a case of our own websocket limits runs in. */
export type LimitScene = {
  readonly ground: DrillGround
  readonly world: World
  readonly clock: Clock
  readonly seed: number
  /** Who makes calls for the media side. */
  readonly caller: HonestCaller
}

/** One case: what is done to a socket of ours, and what must come of it, in words. */
export type LimitCase = {
  readonly name: string
  readonly side: 'media' | 'model'
  readonly must: string
  run(scene: LimitScene, number: number): Promise<LimitFinding>
}

/** What came of it. */
export type LimitFinding = {
  /** The end that was seen, and after how many milliseconds. */
  readonly saw: string
  readonly tookMs: number | undefined
  /** Everything that was not as it must be. */
  readonly troubles: readonly string[]
}

const ended = z.object({ endedAtMs: z.number(), endReason: z.string().optional() })
const wholeRecord = z.object({
  call: z.object({ endedAtMs: z.number(), ending: z.string() }),
  streams: z.array(ended),
  sessions: z.array(ended),
})

/** The record of a call that is over, as far as these drills look at it; undefined when it is not whole. */
export type WholeRecord = z.infer<typeof wholeRecord>

/** Reads the record of a call that must be over; undefined when any part of it has no end. */
export async function wholeRecordOf(
  { ground, clock }: LimitScene,
  callSid: string,
): Promise<WholeRecord | undefined> {
  for (let tries = 0; tries < 20; tries++) {
    const { data } = wholeRecord.safeParse(await ground.record(callSid))
    if (data) return data
    await waitMs(clock, 100, AbortSignal.any([]))
  }
  return undefined
}

/** Waits for something, for so long. @returns undefined when it did not come */
export async function within<Value>(
  clock: Clock,
  withinMs: number,
  promise: Promise<Value>,
): Promise<Value | undefined> {
  const stopping = new AbortController()
  const late = waitMs(clock, withinMs, stopping.signal).then(() => undefined)
  const value = await Promise.race([promise, late])
  stopping.abort()
  return value
}

/** Asks again and again until a condition holds. @returns false when it never did */
export async function eventually(
  clock: Clock,
  withinMs: number,
  holds: () => boolean | Promise<boolean>,
): Promise<boolean> {
  const untilMs = clock.nowMs() + withinMs
  while (!(await holds())) {
    if (clock.nowMs() >= untilMs) return false
    await waitMs(clock, 20, AbortSignal.any([]))
  }
  return true
}
