import { describe, expect, it } from 'vitest'
import { createAudioEngine } from '../../src/audio/engine.ts'
import { imageRejectionDb, upDelayMs, upGainDb, upSinadDb } from './support/quality.ts'

const engine = createAudioEngine({ kind: 'wasm' })
const steps = (from: number, to: number, by: number) =>
  Array.from({ length: Math.floor((to - from) / by) + 1 }, (_, at) => from + at * by)

describe('Uplink.push()', () => {
  it('keeps images 84 dB down, when tones up to 3.4 kHz come in', () => {
    const worst = Math.min(...steps(100, 3400, 100).map((hz) => imageRejectionDb(engine, hz)))
    expect(worst).toBeGreaterThanOrEqual(84)
  })

  it('ripples by at most 0.01 dB, when swept from 40 to 3400 Hz', () => {
    const gains = steps(40, 3400, 40).map((hz) => Math.abs(upGainDb(engine, hz)))
    expect(Math.max(...gains)).toBeLessThanOrEqual(0.01)
  })

  it('has a SINAD of 86 dB, when 1 kHz at −6 dBFS comes in', () => {
    expect(upSinadDb(engine)).toBeGreaterThanOrEqual(86)
  })

  it('is 59 samples at 24 kHz late, when measured at several frequencies', () => {
    const delays = [100, 200, 300].map((hz) => upDelayMs(engine, hz))
    for (const delay of delays) expect(delay).toBeCloseTo(59 / 24, 5)
    expect(Math.max(...delays)).toBeLessThanOrEqual(2.5)
  })

  it('withholds nothing, when the first frame comes', () => {
    using stream = engine.openUplink()
    expect([stream.push(160), stream.push(1), stream.push(0)]).toEqual([960, 6, 0])
  })
})
