import { describe, expect, it } from 'vitest'
import { startApart } from '../../src/app/apart.ts'
import { actingEnv, drillActing } from '../../src/sim/drills/acting.ts'

describe('drillActing()', { timeout: 90_000 }, () => {
  it('sees each text message that the owner has agreed to go out once', async () => {
    await using apart = await startApart({ env: { ...actingEnv, MAX_LOOP_DELAY_MS: '60000' }, seed: 5 })
    const { numbers, missed } = await drillActing(apart, { seed: 5, count: 1 })
    expect(missed).toEqual([])
    expect(numbers).toMatchObject({ sent: 1 })
  })
})
