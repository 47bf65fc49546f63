import { describe, expect, it } from 'vitest'
import { resample } from '../../../src/sim/audio/resample.ts'

function tone(options: { hz: number; rateHz: number; amplitude: number; durationMs?: number }): Int16Array {
  const { hz, rateHz, amplitude, durationMs = 1000 } = options
  return Int16Array.from({ length: (rateHz * durationMs) / 1000 }, (_, index) =>
    Math.round(amplitude * Math.sin((2 * Math.PI * hz * index) / rateHz)),
  )
}

/** Amplitude of one frequency over the middle of a clip, away from its edges. */
function amplitudeAt(samples: Int16Array, rateHz: number, hz: number): number {
  const middle = samples.subarray(rateHz / 10, samples.length - rateHz / 10)
  let real = 0
  let imaginary = 0
  middle.forEach((sample, index) => {
    // A Hann window keeps a strong neighbour from leaking in.
    const window = 1 - Math.cos((2 * Math.PI * index) / middle.length)
    const phase = (2 * Math.PI * hz * index) / rateHz
    real += sample * window * Math.cos(phase)
    imaginary += sample * window * Math.sin(phase)
  })
  return (2 * Math.hypot(real, imaginary)) / middle.length
}

function decibels(ratio: number): number {
  return 20 * Math.log10(ratio)
}

describe('resample()', () => {
  it.each([
    [300, 8000, 24_000],
    [1000, 8000, 24_000],
    [3400, 8000, 24_000],
    [300, 24_000, 8000],
    [3400, 24_000, 8000],
    [1000, 16_000, 24_000],
    [1000, 24_000, 16_000],
  ])('keeps %i Hz within 0.1 dB, from %i to %i Hz', (hz, fromHz, toHz) => {
    const output = resample({ samples: tone({ hz, rateHz: fromHz, amplitude: 12_000 }), fromHz, toHz })
    expect(output).toHaveLength(toHz)
    expect(Math.abs(decibels(amplitudeAt(output, toHz, hz) / 12_000))).toBeLessThan(0.1)
  })

  it.each([1000, 2500, 3400])('puts the images of %i Hz below −60 dB, when going up', (hz) => {
    const samples = tone({ hz, rateHz: 8000, amplitude: 30_000 })
    const output = resample({ samples, fromHz: 8000, toHz: 24_000 })
    for (const image of [8000 - hz, 8000 + hz]) {
      expect(decibels(amplitudeAt(output, 24_000, image) / 30_000)).toBeLessThan(-80)
    }
  })

  it.each([4600, 5000, 7000, 9000, 11_000])('folds nothing of %i Hz back, when going down', (hz) => {
    const samples = tone({ hz, rateHz: 24_000, amplitude: 30_000 })
    const output = resample({ samples, fromHz: 24_000, toHz: 8000 })
    const alias = Math.abs(hz - 8000 * Math.round(hz / 8000))
    expect(decibels(amplitudeAt(output, 8000, alias) / 30_000)).toBeLessThan(-80)
  })

  it('is without delay, up and down again', () => {
    const samples = tone({ hz: 440, rateHz: 8000, amplitude: 10_000 })
    const there = resample({ samples, fromHz: 8000, toHz: 24_000 })
    const back = resample({ samples: there, fromHz: 24_000, toHz: 8000 })
    const worst = samples.subarray(400, -400).reduce((most, sample, index) => {
      return Math.max(most, Math.abs(sample - (back[index + 400] ?? 0)))
    }, 0)
    expect(worst).toBeLessThan(20)
  })

  it('clips instead of wrapping, when the input is a full-scale square', () => {
    const samples = Int16Array.from({ length: 800 }, (_, index) => (index % 8 < 4 ? 32_767 : -32_768))
    const output = resample({ samples, fromHz: 8000, toHz: 24_000 })
    const plateau = output.filter((_, index) => index % 24 === 6 && index > 200 && index < 2200)
    expect(Math.min(...plateau)).toBeGreaterThan(20_000)
  })

  it('copies, when the rates are equal', () => {
    const samples = Int16Array.of(1, -2, 3)
    const output = resample({ samples, fromHz: 8000, toHz: 8000 })
    expect([...output]).toEqual([1, -2, 3])
    expect(output).not.toBe(samples)
  })

  it('throws, when a rate is none of telephony', () => {
    expect(() => resample({ samples: Int16Array.of(1), fromHz: 44.1, toHz: 8000 })).toThrow(
      'Cannot resample: 44.1 Hz',
    )
  })
})
