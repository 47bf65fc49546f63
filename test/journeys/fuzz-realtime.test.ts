import { describe, expect, it } from 'vitest'
import { startVirtualRehearsal } from '../../src/app/virtual-rehearsal.ts'
import { AlarmList } from '../../src/sim/drills/alarm-list.ts'
import { drillFuzzRealtime, fuzzRealtimeEnv } from '../../src/sim/drills/fuzz-realtime.ts'

describe('drillFuzzRealtime()', { timeout: 90_000 }, () => {
  it('finds no event of a model that does more than end its own call', async () => {
    const alarms = new AlarmList()
    await using rehearsal = await startVirtualRehearsal({
      env: { PORT: '0', MAX_LOOP_DELAY_MS: '60000', ...fuzzRealtimeEnv },
      seed: 10,
      logTo: alarms,
    })
    const { numbers, missed } = await drillFuzzRealtime({ ...rehearsal, alarms }, { seed: 10, count: 6_000 })
    expect(missed).toEqual([])
    expect(numbers).toMatchObject({ problems: [], alarms: {}, left: { timers: 0, sessions: 0 } })
  })
})
