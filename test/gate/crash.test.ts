import { describe, expect, it } from 'vitest'
import { killGround } from '../../src/app/kill-ground.ts'
import { type Aftermath, drillKills, type KillGround } from '../../src/sim/drills/kills.ts'

/** Eight, or as many as TEST_KILLS asks for. */
const kills = Number(process.env['TEST_KILLS'] ?? 8)

describe('a process that is killed in the middle of effects', () => {
  it.for(killGround.names)(
    'does none twice and none unrecorded, on %s',
    { timeout: kills * 20_000 },
    async (name, { skip }) => {
      const { numbers, missed } = await drillKills(
        { ...killGround, names: [name] },
        { seed: 1, count: kills },
      )
      const { [name]: seen } = numbers
      if (typeof seen === 'object' && 'missing' in seen) skip(JSON.stringify(seen))
      expect(missed).toEqual([])
      expect(numbers).toMatchObject({ [name]: { kills, duplicates: 0, unrecorded: 0, chain: 'whole' } })
    },
  )
})

describe('drillKills()', () => {
  it('sees effects that are done twice, unrecorded, unsettled, repeated or never', async () => {
    const bad: Aftermath = {
      effects: 3,
      intents: 2,
      done: 0,
      unknown: 1,
      duplicates: 1,
      unrecorded: 1,
      unsettled: 1,
      repeated: 1,
      askedAgain: 1,
      isWhole: false,
    }
    const seeds: number[] = []
    const ground: KillGround = {
      names: ['one', 'other'],
      open: async (name) =>
        name === 'other'
          ? { missing: 'There is none' }
          : {
              kill: async (seed) => void seeds.push(seed),
              aftermath: async () => bad,
              [Symbol.asyncDispose]: async () => undefined,
            },
    }
    const { numbers, missed } = await drillKills(ground, { seed: 5, count: 2 })
    expect(missed).toHaveLength(6)
    expect(seeds).toEqual([5, 6])
    expect(numbers).toMatchObject({ one: { kills: 2 }, other: { missing: 'There is none' } })
  })
})
