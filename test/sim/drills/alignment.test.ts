import { describe, expect, it } from 'vitest'
import { uplinkLag, wrongSamples } from '../../../src/sim/drills/alignment.ts'
import { seededRandom } from '../../../src/sim/caller/random.ts'

const random = seededRandom(3)
const said = Int16Array.from({ length: 1_600 }, (_, index) => (index < 400 ? 0 : random.whole(8_000) - 4_000))

/** What a model hears that gets each sample after 59 others, with two of something between them. */
function heardBy(samples: Int16Array): Int16Array {
  return Int16Array.from({ length: 3 * said.length }, (_, index) => {
    const at = index - 59
    return at >= 0 && at % 3 === 0 ? (samples[at / 3] ?? 0) : 17
  })
}

describe('uplinkLag()', () => {
  it('finds the lag, when silence comes first', () => {
    expect(uplinkLag(said, heardBy(said))).toBe(59)
  })

  it('finds none, when something else was heard, or nothing was said', () => {
    expect(uplinkLag(said, heardBy(said.toReversed()))).toBeUndefined()
    expect(uplinkLag(new Int16Array(1_600), heardBy(said))).toBeUndefined()
  })
})

describe('wrongSamples()', () => {
  it('is 0 for what was heard as it was said, up to samples that are still on their way', () => {
    expect(wrongSamples(said, { heard: heardBy(said), lag: 59 })).toBe(0)
  })

  it('counts every sample after a lost or repeated one', () => {
    const repeated = Int16Array.from([...said.slice(0, 1_000), said[999] ?? 0, ...said.slice(1_000)])
    const wrong = wrongSamples(said, { heard: heardBy(repeated), lag: 59 })
    expect(wrong).toBeGreaterThan(500)
    expect(wrongSamples(said, { heard: heardBy(said.with(1_200, 9_999)), lag: 59 })).toBe(1)
  })

  it('counts what was never heard', () => {
    expect(wrongSamples(said, { heard: heardBy(said).subarray(0, 2_400), lag: 59 })).toBeGreaterThan(700)
  })
})
