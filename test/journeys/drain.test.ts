import { describe, expect, it } from 'vitest'
import { startApart } from '../../src/app/apart.ts'
import { drillCrash } from '../../src/sim/drills/crash.ts'
import { drillDrain } from '../../src/sim/drills/drain.ts'

const DRAIN_SECONDS = 10

describe.concurrent('a server that ends while people talk', { timeout: 90_000 }, () => {
  it('on SIGTERM lets them end, or tells them, and is gone in time', async () => {
    const env = { DRAIN_SECONDS: `${DRAIN_SECONDS}` }
    await using apart = await startApart({ env, seed: 5 })
    const { numbers, missed } = await drillDrain(
      apart,
      { seed: 5, count: 4 },
      { drainSeconds: DRAIN_SECONDS },
    )
    expect(missed).toEqual([])
    expect(numbers).toMatchObject({ heardGoodbye: 3, leftUndisturbed: 1, wentOnAfterBreak: 1, exit: 0 })
    expect(numbers).toMatchObject({ endedWithoutRest: 1, lateHeardBusy: 3, completeRecords: 4 })
  })

  it('after kill -9 goes on with them, where they have stayed', async () => {
    await using apart = await startApart({ env: {}, seed: 6 })
    const { numbers, missed } = await drillCrash(apart, { seed: 6, count: 4 })
    expect(missed).toEqual([])
    expect(numbers).toMatchObject({ resumed: 2, modelKnewTheBeginning: 2, leftClosed: 1, hungUp: 1 })
  })
})
