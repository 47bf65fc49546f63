import { describe, expect, it } from 'vitest'
import { drillFaults } from '../../src/sim/drills/faults.ts'
import { useRehearsal } from './support.ts'

const rehearsal = useRehearsal()

describe('drillFaults()', { timeout: 60_000 }, () => {
  it('hears what three callers hear whose model leg fails, and that others hear nothing of it', async () => {
    const faults = ['reset', 'garbage missingType', 'flood of unknown events']
    const { numbers, missed } = await drillFaults(
      rehearsal(),
      { seed: 3, count: 3 },
      { faults, healthyCalls: 2, sideBySide: 3, quietMs: 1_000 },
    )
    expect(missed).toEqual([])
    expect(numbers).toMatchObject({
      faults: 3,
      each: [
        { fault: 'reset', refused: 0 },
        { fault: 'garbage missingType', decided: 'speaksAgain', endedBy: 'caller', sessions: 1 },
        // A flood ends the session; another one goes on.
        { fault: 'flood of unknown events', decided: 'speaksAgain', endedBy: 'caller', sessions: 2 },
      ],
    })
  })
})
