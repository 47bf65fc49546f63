import { describe, expect, it } from 'vitest'
import { resample } from '../../../src/sim/audio/resample.ts'
import { bestLag, compare, shareOfSame, signalToNoiseDb } from '../../../src/sim/drills/likeness.ts'
import { voiceSources } from '../../../src/sim/drills/voice-sources.ts'

const { sources } = await voiceSources(1, 4, '/nowhere/at/all')
const voice = sources[0]?.samples ?? new Int16Array()

describe('compare()', () => {
  it('tells the second in which a sample was lost', () => {
    const copy = Int16Array.from([...voice.subarray(0, 20_000), ...voice.subarray(20_001), 0])
    const { seconds } = compare(voice, copy)
    expect(seconds.slice(0, 2)).toEqual([Infinity, Infinity])
    expect(seconds[2]).toBeLessThan(25)
    expect(seconds[3]).toBeLessThan(25)
  })

  it('says nothing of a second without speech', () => {
    expect(compare(new Int16Array(8_000), new Int16Array(8_000)).seconds).toEqual([NaN])
  })
})

describe('signalToNoiseDb()', () => {
  it('is 20 dB, when a tenth is missing', () => {
    const signal = Int16Array.of(1_000, -2_000, 3_000)
    expect(
      signalToNoiseDb(
        signal,
        signal.map((sample) => sample * 0.9),
      ),
    ).toBeCloseTo(20, 6)
  })
})

describe('bestLag()', () => {
  it('finds a lag that is no whole number of samples at 8 kHz', () => {
    const original = resample({ samples: voice, fromHz: 8_000, toHz: 48_000 })
    const heard = voice.map((_, index) => original[6 * index - 281] ?? 0)
    expect(bestLag(original, { heard, around: 250 })).toBe(281)
  })
})

describe('shareOfSame()', () => {
  it('counts bytes that are the same at the same place', () => {
    expect(shareOfSame(Uint8Array.of(1, 2, 3, 4), Uint8Array.of(1, 9, 3, 4, 5))).toBe(0.75)
  })
})
