import { describe, expect, it } from 'vitest'
import { drillHandshake } from '../../src/sim/drills/handshake.ts'
import { useRehearsal } from './support.ts'

const rehearsal = useRehearsal()

describe('drillHandshake()', { timeout: 60_000 }, () => {
  it('finds every sample that callers said with the model, however long it took to answer', async () => {
    const { numbers, missed } = await drillHandshake(rehearsal(), { seed: 11, count: 5 })
    expect(missed).toEqual([])
    expect(numbers).toMatchObject({ lostFrames: 0, wrongSamples: 0, lagSamples: { 59: 5 } })
    // Between 200 and 1,200 ms: the model's own 400 are in it, and no difference of two clocks.
    expect(numbers).toMatchObject({ webhookToFirstAppendMs: { p50: expect.closeTo(700, -3) as unknown } })
  })
})
