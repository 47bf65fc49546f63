import { describe, expect, it } from 'vitest'
import { createAudioEngine } from '../../src/audio/engine.ts'
import {
  aliasRejectionDb,
  codedAliasRejectionDb,
  downDelayMs,
  downGainDb,
  downSinadDb,
} from './support/quality.ts'

const steps = (from: number, to: number, by: number) =>
  Array.from({ length: Math.floor((to - from) / by) + 1 }, (_, at) => from + at * by)

/** Where each filter promises to stop, and how late it is in samples at 24 kHz. */
const filters = [
  { downlink: 'strict', stopHz: 4000, delaySamples: 81.5 },
  { downlink: 'third-band', stopHz: 4600, delaySamples: 58 },
] as const

// What comes out is µ-law, whose own noise would hide all of this. So the figures are taken from the integer reference
// before it encodes, which the kernel equals bit for bit, and checked through the code where averaging can reach.
describe.each(filters)('Downlink.push() with the $downlink filter', ({ downlink, stopHz, delaySamples }) => {
  const engine = createAudioEngine({ kind: 'wasm', downlink })

  it('keeps aliases 80 dB down, when loud tones from where it stops to 11.9 kHz come in', () => {
    const worst = Math.min(...steps(stopHz, 11_900, 50).map((hz) => aliasRejectionDb(downlink, hz)))
    expect(worst).toBeGreaterThanOrEqual(80)
  })

  it('keeps aliases 80 dB down, when measured through the kernel and its µ-law', () => {
    const worst = Math.min(...[4650, 5300, 7100, 8300, 11_900].map((hz) => codedAliasRejectionDb(engine, hz)))
    expect(worst).toBeGreaterThanOrEqual(80)
  })

  it('ripples by at most 0.03 dB, when swept from 40 to 3400 Hz', () => {
    const gains = steps(40, 3400, 40).map((hz) => Math.abs(downGainDb(downlink, hz)))
    expect(Math.max(...gains)).toBeLessThanOrEqual(0.03)
  })

  it('has a SINAD of 90 dB, when a tone near 1 kHz at −6 dBFS comes in', () => {
    for (const hz of [997, 1000, 1004]) expect(downSinadDb(downlink, hz)).toBeGreaterThanOrEqual(90)
  })

  it('is as late as half its length, when measured at several frequencies', () => {
    const delays = [50, 100, 200].map((hz) => downDelayMs(engine, hz))
    for (const delay of delays) expect(delay).toBeCloseTo(delaySamples / 24, 1)
    expect(Math.max(...delays)).toBeLessThanOrEqual(3.5)
  })

  it('withholds nothing but an unfinished triple, when pieces are ragged', () => {
    using stream = engine.openDownlink()
    expect([stream.push(960), stream.push(5), stream.push(0), stream.push(1), stream.push(7)]).toEqual([
      160, 0, 0, 1, 1,
    ])
  })
})
