import { describe, expect, it } from 'vitest'
import { startVirtualRehearsal } from '../../src/app/virtual-rehearsal.ts'
import { drillLongCall, longCallEnv } from '../../src/sim/drills/long-call.ts'

describe('drillLongCall()', { timeout: 60_000 }, () => {
  it('finds that a call outlives sessions of two minutes, greeted once and without a gap', async () => {
    await using rehearsal = await startVirtualRehearsal({
      env: { PORT: '0', MAX_LOOP_DELAY_MS: '60000', ...longCallEnv },
      seed: 1,
      logTo: { write: () => undefined },
    })
    const { numbers, missed } = await drillLongCall(rehearsal, { seed: 1, count: 6 })
    expect(missed).toEqual([])
    expect(numbers).toMatchObject({ sessions: 5, expired: 0, greetings: 1, ending: 'callerHungUp' })
  })
})
