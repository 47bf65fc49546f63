import { systemClock } from '../src/lib/clock.ts'

/** A piece of work to be timed: it handles one frame of 20 ms and returns something, so that it cannot be left out. */
export type Case = { readonly name: string; readonly work: () => number }

/**
 * Microseconds per frame of each case: the least of several rounds, in which the cases take turns, so that a slow moment
 * of the machine hits all of them alike. Only ratios within one run mean anything.
 */
export function leastMicros(
  cases: readonly Case[],
  options: { readonly rounds: number; readonly frames: number },
): ReadonlyMap<string, number> {
  const least = new Map(cases.map(({ name }) => [name, Infinity]))
  let sum = 0
  for (let round = 0; round < options.rounds; round++) {
    for (const { name, work } of cases) {
      const startMs = systemClock.nowMs()
      for (let frame = 0; frame < options.frames; frame++) sum += work()
      const micros = ((systemClock.nowMs() - startMs) * 1000) / options.frames
      least.set(name, Math.min(least.get(name) ?? Infinity, micros))
    }
  }
  if (!Number.isFinite(sum)) throw new RangeError(`Cannot measure: the cases add up to ${sum}`)
  return least
}
