import { DOWN_STRICT, DOWN_THIRD_BAND, UP, phaseOf } from './filters.ts'
import type { DownlinkFilter } from './stream.ts'

/** The two phases of an interpolation that need a filter. */
export const UP_PHASES = [Int16Array.from(phaseOf(UP, 1)), Int16Array.from(phaseOf(UP, 0))] as const

/** How old the sample is that makes the third phase unfiltered: the middle of the filter. */
export const UP_CENTRE = 19

/**
 * One 16-bit sample at 24 kHz from 14-bit samples at 8 kHz, oldest first, as many as there are taps. The sum is exact in
 * 32 bits, rounded half up.
 * @returns a sample that is not clipped, a little over 16 bits at most
 */
export function interpolate(samples: Int16Array, oldest: number, phase: Int16Array): number {
  let sum = 0
  for (let tap = 0; tap < phase.length; tap++) sum = (sum + samples[oldest + tap]! * phase[tap]!) | 0
  return (sum + 0x1000) >> 13
}

/** The taps of a decimation in whole triples: a filter of 119 leaves the newest sample of its last triple out. */
export function downTaps(filter: DownlinkFilter): Int16Array {
  const taps = filter === 'strict' ? DOWN_STRICT : DOWN_THIRD_BAND
  const whole = new Int16Array(3 * Math.ceil(taps.length / 3))
  whole.set(taps)
  return whole
}

/**
 * One sample at 8 kHz from as many samples at 24 kHz as there are taps, oldest first. Each of three phases is summed
 * exactly; a fourth of each is taken before they are added, because together they could leave 32 bits; rounded half up.
 * @returns a sample that is not clipped, a little over 16 bits at most
 */
export function decimate(samples: Int16Array, oldest: number, taps: Int16Array): number {
  let firsts = 0
  let seconds = 0
  let thirds = 0
  for (let tap = 0, from = oldest; tap < taps.length; tap += 3, from += 3) {
    firsts = (firsts + samples[from]! * taps[tap]!) | 0
    seconds = (seconds + samples[from + 1]! * taps[tap + 1]!) | 0
    thirds = (thirds + samples[from + 2]! * taps[tap + 2]!) | 0
  }
  return ((firsts >> 2) + (seconds >> 2) + (thirds >> 2) + 0x2000) >> 14
}
