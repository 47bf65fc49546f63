import { describe, expect, it } from 'vitest'
import { voiceSources } from '../../../src/sim/drills/voice-sources.ts'

describe('voiceSources()', () => {
  it('makes something like speech and says so, when no recordings lie where they are looked for', async () => {
    const { recorded, sources } = await voiceSources(2, 9, '/nowhere/at/all')
    expect(recorded).toMatch(/^skipped: /)
    expect(sources.map(({ name }) => name)).toEqual(['synthetic-9', 'synthetic-10'])
    const [first, second] = sources
    expect(first?.samples).toHaveLength(32_000)
    expect(first?.samples).not.toEqual(second?.samples)
    expect((await voiceSources(1, 9, '/nowhere/at/all')).sources[0]?.samples).toEqual(first?.samples)
    const peak = Math.max(...(first?.samples ?? []).map(Math.abs))
    expect(peak).toBeGreaterThan(2_000)
    expect(peak).toBeLessThan(30_000)
  })
})
