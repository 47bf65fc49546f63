import { describe, expect, it } from 'vitest'
import type { FrameFate, Spell } from '../../../src/sim/caller/network.ts'
import { CallerNetwork, untouched } from '../../../src/sim/caller/network.ts'
import { seededRandom } from '../../../src/sim/caller/random.ts'

function fates(count: number, spells: readonly Spell[], seed = 3): FrameFate[] {
  const network = new CallerNetwork(seededRandom(seed))
  for (const spell of spells) network.begin(spell)
  return Array.from({ length: count }, () => network.next())
}

describe('CallerNetwork', () => {
  it('touches nothing before a spell, and nothing after it', () => {
    expect(fates(3, [])).toEqual([untouched, untouched, untouched])
    expect(fates(6, [{ do: 'repeatMedia', ms: 100 }]).map(({ repeated }) => repeated)).toEqual([
      true,
      true,
      true,
      true,
      true,
      false,
    ])
  })

  it('loses a share of the frames, by seed', () => {
    const losses = (seed: number): boolean[] =>
      fates(2_000, [{ do: 'randomLoss', ms: 40_000, share: 0.1 }], seed).map(({ lost }) => lost)
    const lost = losses(3).filter(Boolean).length
    expect(lost).toBeGreaterThan(140)
    expect(lost).toBeLessThan(260)
    expect(losses(3)).toEqual(losses(3))
    expect(losses(3)).not.toEqual(losses(4))
  })

  it('holds bunches of different lengths, none longer than asked for', () => {
    const held = fates(2_000, [{ do: 'jitter', ms: 40_000, upToMs: 200 }]).map((fate) => fate.held)
    const bunches = held
      .map((each) => (each ? 'h' : ' '))
      .join('')
      .split(' ')
      .map((bunch) => bunch.length)
    expect(Math.max(...bunches)).toBe(10)
    expect(new Set(bunches)).toEqual(new Set([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]))
  })

  it('exchanges every other frame with the next', () => {
    const swapped = fates(6, [{ do: 'swapMedia', ms: 80 }]).map((fate) => fate.swapped)
    expect(swapped).toEqual([true, false, true, false, false, false])
  })

  it('adds up the jumps of the clock, and keeps them', () => {
    const jumps: Spell[] = [
      { do: 'jumpClock', byMs: 5_000 },
      { do: 'jumpClock', byMs: -1_000 },
    ]
    expect(fates(2, jumps).map(({ clockMs }) => clockMs)).toEqual([4_000, 4_000])
  })
})
