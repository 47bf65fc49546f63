import { describe, expect, it } from 'vitest'
import { startVirtualRehearsal } from '../../src/app/virtual-rehearsal.ts'
import { drillSimulate, simulateEnv } from '../../src/sim/drills/simulate.ts'

async function simulated(seed: number, count: number) {
  await using rehearsal = await startVirtualRehearsal({
    env: { PORT: '0', MAX_LOOP_DELAY_MS: '60000', ...simulateEnv },
    seed,
    logTo: { write: () => undefined },
  })
  return await drillSimulate(rehearsal, { seed, count })
}

describe('drillSimulate()', { timeout: 60_000 }, () => {
  it('finds nothing that no call may do in whole calls on virtual time, the same ones twice', async () => {
    const { numbers, missed } = await simulated(7, 20)
    expect(missed).toEqual([])
    expect(numbers).toMatchObject({ failedCalls: 0, left: { timers: 0, connections: 0, sessions: 0 } })
    const again = await simulated(7, 20)
    expect(again.numbers['hash']).toBe(numbers['hash'])
  })

  // A key pressed twice, an end while the caller speaks, patience asked for just before late words, two turns told as one.
  it.each([3_614, 6_000, 7_051, 7_955])('finds nothing in the call of seed %i', async (seed) => {
    expect((await simulated(seed, 1)).missed).toEqual([])
  })
})
