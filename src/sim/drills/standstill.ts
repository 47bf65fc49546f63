import type { Stall } from './stall-meter.ts'

/** Something that knows when nothing could go on, for a reason of its own. */
type Meter = { within(stretch: Stall): readonly Stall[] }

/** When nothing could go on, whoever was the cause: what two of them stood still together counts once. */
export class Standstill {
  readonly #meters: readonly Meter[]

  constructor(meters: readonly Meter[]) {
    this.#meters = meters
  }

  /** Milliseconds of the given stretch in which anybody stood still. */
  stalledMs(stretch: Stall): number {
    const stalls = this.#meters.flatMap((meter) => meter.within(stretch))
    let stalledMs = 0
    let untilMs = -Infinity
    for (const { fromMs, toMs } of stalls.toSorted((a, b) => a.fromMs - b.fromMs)) {
      stalledMs += Math.max(0, toMs - Math.max(fromMs, untilMs))
      untilMs = Math.max(untilMs, toMs)
    }
    return stalledMs
  }
}
