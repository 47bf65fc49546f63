import { describe, expect, it } from 'vitest'
import { DOWN_STRICT, DOWN_THIRD_BAND, UP, phaseOf } from '../../src/audio/filters.ts'
import { THIRD_BAND_CENTRE } from '../../src/audio/layout.ts'
import { decibels } from './support/signals.ts'

/** What the taps do to a frequency, in decibels against the integer that stands for gain 1. */
function responseDb(taps: readonly number[], unity: number, hz: number): number {
  let real = 0
  let imaginary = 0
  for (const [at, tap] of taps.entries()) {
    real += tap * Math.cos((2 * Math.PI * hz * at) / 24_000)
    imaginary += tap * Math.sin((2 * Math.PI * hz * at) / 24_000)
  }
  return decibels(Math.hypot(real, imaginary) / unity)
}

function highestDb(taps: readonly number[], unity: number, range: readonly [number, number]): number {
  let most = -Infinity
  for (let hz = range[0]; hz <= range[1]; hz += 5) most = Math.max(most, responseDb(taps, unity, hz))
  return most
}

/** Greatest magnitude that a sum over the taps can reach with samples of the given magnitude. */
function reach(taps: readonly number[], sample: number): number {
  return taps.reduce((sum, tap) => sum + Math.abs(tap) * sample, 0)
}

describe('the filters', () => {
  it.each([
    { name: 'UP', taps: UP, unity: 98_304, stop: [4600, -84] },
    { name: 'DOWN_THIRD_BAND', taps: DOWN_THIRD_BAND, unity: 65_536, stop: [4600, -80] },
    { name: 'DOWN_STRICT', taps: DOWN_STRICT, unity: 65_536, stop: [4000, -80] },
  ] as const)(
    '$name stops from $stop.0 Hz, when swept to 12 kHz in steps of 5 Hz',
    ({ taps, unity, stop }) => {
      expect(highestDb(taps, unity, [stop[0], 12_000])).toBeLessThan(stop[1])
      expect(highestDb(taps, unity, [0, 3400])).toBeLessThan(0.03)
    },
  )

  it('are linear in phase, when read backwards', () => {
    for (const taps of [UP, DOWN_THIRD_BAND, DOWN_STRICT]) expect(taps.toReversed()).toEqual(taps)
  })

  it('UP and DOWN_THIRD_BAND have one tap in their third phase, when it is told apart', () => {
    expect(phaseOf(UP, 2).filter(Boolean)).toEqual([32_768])
    expect(phaseOf(DOWN_THIRD_BAND, 2).filter(Boolean)).toEqual([THIRD_BAND_CENTRE])
  })
})

describe('32 bits', () => {
  // INVARIANT: neither the kernel nor the integer reference saturates a sum before its end, so none may wrap.
  const limit = 2 ** 31

  it('hold each sum of the uplink and its rounding, when every sample is at full scale of 14 bits', () => {
    for (const place of [0, 1]) expect(reach(phaseOf(UP, place), 8031) + 2 ** 12).toBeLessThan(limit)
  })

  it.each([{ taps: DOWN_THIRD_BAND }, { taps: DOWN_STRICT }])(
    'hold each phase of a downlink and the sum of its quarters, when every sample is −32768 or worse for the sign',
    ({ taps }) => {
      for (const place of [0, 1, 2]) expect(reach(phaseOf(taps, place), 0x8000)).toBeLessThan(limit)
      expect(reach(taps, 0x8000) / 4 + 2 ** 13).toBeLessThan(limit)
    },
  )

  it('hold every product of a pair, when no tap that is multiplied is beyond 15 bits', () => {
    const multiplied = [...phaseOf(UP, 0), ...phaseOf(UP, 1), ...DOWN_THIRD_BAND, ...DOWN_STRICT]
    expect(Math.max(...multiplied.map(Math.abs))).toBeLessThan(0x8000)
  })
})
