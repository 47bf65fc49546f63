import { describe, expect, it } from 'vitest'
import { drillStrictVoice, drillVoice, strictVoiceEnv, voiceEnv } from '../../src/sim/drills/voice.ts'
import { useRehearsal } from './support.ts'

const thirdBand = useRehearsal(voiceEnv)
const strict = useRehearsal(strictVoiceEnv)

describe.concurrent('a voice that goes through the whole server and comes back', { timeout: 60_000 }, () => {
  it('drillVoice() hears it at the limit of G.711, through the third-band downlink', async () => {
    const { numbers, missed } = await drillVoice(thirdBand(), { seed: 5, count: 1 })
    expect(missed).toEqual([])
    expect(numbers).toMatchObject({ lostOrWrongUp: 0, voices: [{ lagMs: 4.875 }] })
  })

  it('drillStrictVoice() hears it coded twice and nothing else, through the strict downlink', async () => {
    const { numbers, missed } = await drillStrictVoice(strict(), { seed: 5, count: 1 })
    expect(missed).toEqual([])
    expect(numbers).toMatchObject({ lostOrWrongUp: 0, voices: [{ lagMs: 5.854 }] })
  })
})
