import { describe, expect, it } from 'vitest'
import { drillInterruptions } from '../../src/sim/drills/interruptions.ts'
import { useRehearsal } from './support.ts'

const rehearsal = useRehearsal()

describe('drillInterruptions()', { timeout: 60_000 }, () => {
  it('finds the model told what was heard, to 40 ms, when callers interrupt anywhere in a reply', async () => {
    const { numbers, missed } = await drillInterruptions(rehearsal(), { seed: 7, count: 12 })
    expect(missed).toEqual([])
    expect(numbers).toMatchObject({ calls: 6, interruptions: 12, truncated: 12, refusedEvents: 0 })
  })
})
