import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { holdsKeyTone } from '../../src/audio/key-tone.ts'
import { MULAW_VALUES, mulawCode } from '../../src/audio/mulaw.ts'
import { resample } from '../../src/sim/audio/resample.ts'
import { readWav } from '../../src/sim/audio/wav.ts'
import { seededRandom } from '../../src/sim/caller/random.ts'
import { dtmfTone, noise, tone } from '../../src/sim/caller/sounds.ts'

const FRAME = 160
const keys = Array.from('0123456789*#ABCD')
const fixtures = join(import.meta.dirname, '../../../shared/fixtures')

function framesOf(ulaw: Uint8Array, offset = 0): readonly Uint8Array[] {
  const shifted = new Uint8Array(Math.ceil((offset + ulaw.length) / FRAME) * FRAME).fill(0xff)
  shifted.set(ulaw, offset)
  return Array.from({ length: shifted.length / FRAME }, (_, at) =>
    shifted.subarray(at * FRAME, (at + 1) * FRAME),
  )
}

/** Milliseconds of sound in the longest run of frames that are taken for no key. */
function longestLeakMs(ulaw: Uint8Array, offset: number): number {
  let longest = 0
  let run = 0
  for (const frame of framesOf(ulaw, offset)) {
    run = holdsKeyTone(frame) ? 0 : run + frame.filter((code) => code !== 0xff && code !== 0x7f).length / 8
    longest = Math.max(longest, run)
  }
  return longest
}

function speechIn(folder: string): readonly Uint8Array[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.wav'))
    .map((file) => {
      const { samples, rateHz } = readWav(readFileSync(join(folder, file)))
      return Uint8Array.from(resample({ samples, fromHz: rateHz, toHz: 8_000 }), mulawCode)
    })
}

type Odd = { readonly detune?: number; readonly lowDb?: number; readonly highDb?: number }

describe('holdsKeyTone', () => {
  it('finds each key wherever it begins within a frame, but for less than what any receiver takes for a key', () => {
    for (const key of keys) {
      const leaks = Array.from({ length: FRAME }, (_, offset) => longestLeakMs(dtmfTone(key), offset))
      expect(Math.max(...leaks)).toBeLessThanOrEqual(15)
    }
  })

  it.each<[string, Odd]>([
    ['1.5 % too high', { detune: 1.015 }],
    ['1.5 % too low', { detune: 0.985 }],
    ['faint', { lowDb: -45, highDb: -45 }],
    ['faint in its upper half', { highDb: -15 }],
    ['faint in its lower half', { lowDb: -15 }],
  ])('finds a key that is %s', (_, { detune = 1, lowDb = -9, highDb = -9 }) => {
    const low = tone({ frequenciesHz: [697 * detune], durationMs: 100, dbfs: lowDb })
    const high = tone({ frequenciesHz: [1_477 * detune], durationMs: 100, dbfs: highDb })
    const both = low.map((code, at) =>
      mulawCode((MULAW_VALUES[code] ?? 0) + (MULAW_VALUES[high[at] ?? 0xff] ?? 0)),
    )
    expect(longestLeakMs(both, 0)).toBeLessThanOrEqual(20)
  })

  it('finds one among others in a longer piece, and in one that ends in the middle', () => {
    const quiet = new Uint8Array(400).fill(0xff)
    expect(holdsKeyTone(new Uint8Array([...quiet, ...dtmfTone('5')]))).toBe(true)
    expect(holdsKeyTone(dtmfTone('5').subarray(80, 180))).toBe(true)
    expect(holdsKeyTone(quiet)).toBe(false)
    expect(holdsKeyTone(new Uint8Array())).toBe(false)
  })

  it('finds one in hardly a frame of speech', () => {
    const folder = join(import.meta.dirname, '../../src/sim/speech')
    const frames = speechIn(folder).flatMap((ulaw) => framesOf(ulaw))
    expect(frames.length).toBeGreaterThan(5_000)
    expect(frames.filter(holdsKeyTone).length).toBeLessThan(frames.length / 2_000)
  })

  it('finds none in noise, nor in one sine, nor in the tones of a network', () => {
    const random = seededRandom(3)
    const others = [
      noise({ random, durationMs: 20_000, dbfs: -20 }),
      ...[697, 941, 1_209, 1_477].map((hz) => tone({ frequenciesHz: [hz], durationMs: 500, dbfs: -9 })),
      // Ringing, busy, and the lower half of a key beside a harmonic of it. Source for the former: ITU-T E.180, supplement 2
      ...[
        [440, 480],
        [480, 620],
        [697, 1_394 * 1.5],
      ].map((frequenciesHz) => tone({ frequenciesHz, durationMs: 500, dbfs: -9 })),
    ]
    expect(others.flatMap((ulaw) => framesOf(ulaw)).filter(holdsKeyTone)).toEqual([])
  })

  it('agrees with recordings of others', (context) => {
    if (!existsSync(fixtures)) context.skip('the recordings are not there')
    const tones = speechIn(join(fixtures, 'dtmf'))
    expect(tones).toHaveLength(12)
    for (const recorded of tones) expect(longestLeakMs(recorded, 0)).toBeLessThanOrEqual(15)
    const speech = speechIn(join(fixtures, 'speech')).flatMap((ulaw) => framesOf(ulaw))
    expect(speech.filter(holdsKeyTone).length).toBeLessThan(speech.length / 500)
  })
})
