import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { decodeMulaw, levelDbfs } from '../../../src/sim/audio/g711.ts'
import { readWav } from '../../../src/sim/audio/wav.ts'
import { seededRandom } from '../../../src/sim/caller/random.ts'
import { dtmfTone, fillComfortNoise, noise, tone } from '../../../src/sim/caller/sounds.ts'

const fixtures = join(import.meta.dirname, '../../../../shared/fixtures/dtmf')
const frequenciesHz = [697, 770, 852, 941, 1209, 1336, 1477, 1633]

/** The two strongest of the eight DTMF frequencies, lowest first. */
function strongest(samples: Int16Array): number[] {
  const powers = frequenciesHz.map((hz) => {
    let real = 0
    let imaginary = 0
    samples.forEach((sample, n) => {
      real += sample * Math.cos((2 * Math.PI * hz * n) / 8_000)
      imaginary += sample * Math.sin((2 * Math.PI * hz * n) / 8_000)
    })
    return { hz, power: real ** 2 + imaginary ** 2 }
  })
  return powers
    .toSorted((a, b) => b.power - a.power)
    .slice(0, 2)
    .map(({ hz }) => hz)
    .toSorted((a, b) => a - b)
}

describe('dtmfTone()', () => {
  it.each([
    ['1', 697, 1209],
    ['5', 770, 1336],
    ['0', 941, 1336],
    ['*', 941, 1209],
    ['#', 941, 1477],
    ['D', 941, 1633],
  ])('key %s is %d and %d Hz for 100 ms', (key, low, high) => {
    const sound = dtmfTone(key)
    expect(sound.length).toBe(800)
    expect(strongest(decodeMulaw(sound))).toEqual([low, high])
  })

  it('has the frequencies of recorded keys', (ctx) => {
    ctx.skip(!existsSync(fixtures), 'shared fixtures are not here')
    for (const key of '0123456789*#') {
      const file = { '*': 'star', '#': 'pound' }[key] ?? key
      const recorded = readWav(readFileSync(join(fixtures, `dtmf-${file}-8k.wav`))).samples
      expect(strongest(decodeMulaw(dtmfTone(key)))).toEqual(strongest(recorded.subarray(0, 800)))
    }
  })

  it('is silence for what is no key', () => {
    expect(levelDbfs(dtmfTone('x'))).toBe(-Infinity)
    expect(levelDbfs(dtmfTone(''))).toBe(-Infinity)
  })
})

describe('tone()', () => {
  it('has its length and level', () => {
    const sound = tone({ frequenciesHz: [440], durationMs: 1_000, dbfs: -20 })
    expect(sound.length).toBe(8_000)
    expect(levelDbfs(sound)).toBeCloseTo(-23, 0)
  })
})

describe('noise()', () => {
  it.each([-60, -40, -20])('has an RMS level of %d dBFS', (dbfs) => {
    expect(
      Math.abs(levelDbfs(noise({ random: seededRandom(3), durationMs: 500, dbfs })) - dbfs),
    ).toBeLessThan(1)
  })
})

describe('fillComfortNoise()', () => {
  it('mixes both codes of zero', () => {
    const frame = new Uint8Array(160)
    fillComfortNoise(frame, seededRandom(1))
    expect(new Set(frame)).toEqual(new Set([0xff, 0x7f]))
  })
})
