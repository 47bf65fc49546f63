import { describe, expect, it } from 'vitest'
import { startApart } from '../../src/app/apart.ts'
import { floodKinds } from '../../src/sim/drills/flood-kinds.ts'
import { drillFuzzHttp, fuzzHttpEnv } from '../../src/sim/drills/fuzz-http.ts'
import { drillFuzzMedia, fuzzMediaEnv } from '../../src/sim/drills/fuzz-media.ts'
import { drillUpgradeFlood, upgradeFloodEnv } from '../../src/sim/drills/upgrade-flood.ts'

const patient = { MAX_LOOP_DELAY_MS: '60000' }

describe.concurrent('a server that is sent whatever could come', { timeout: 90_000 }, () => {
  it('drillFuzzMedia() finds no media message that surprises it', async () => {
    await using apart = await startApart({ env: { ...fuzzMediaEnv, ...patient }, seed: 7 })
    const { numbers, missed } = await drillFuzzMedia(apart, { seed: 7, count: 3_000 })
    expect(missed).toEqual([])
    expect(numbers).toMatchObject({ sessionsBeyondCalls: 0, surprises: {}, backgroundFailures: 0 })
  })

  it('drillFuzzHttp() finds no request that the server answers with its own fault', async () => {
    await using apart = await startApart({ env: { ...fuzzHttpEnv, ...patient }, seed: 8 })
    const { missed } = await drillFuzzHttp(apart, { seed: 8, count: 400 })
    expect(missed).toEqual([])
  })

  it('drillUpgradeFlood() loses no frame beside upgrades that nobody has a right to', async () => {
    await using apart = await startApart({ env: { ...upgradeFloodEnv, ...patient }, seed: 9 })
    const { numbers, missed } = await drillUpgradeFlood(apart, { seed: 9, count: 1_500 })
    expect(missed).toEqual([])
    expect(numbers).toMatchObject({ connectionsLeft: 0, alarms: [], beside: { lostFrames: 0 } })
    expect(Object.keys(numbers['endings'] ?? {}).toSorted()).toEqual(floodKinds.toSorted())
  })
})
