import type { AudioEngine } from '../../../src/audio/engine.ts'
import { decimate, downTaps } from '../../../src/audio/integer-fir.ts'
import { MULAW_VALUES, encodeMulaw } from '../../../src/audio/mulaw.ts'
import type { DownlinkFilter } from '../../../src/audio/stream.ts'
import { decibels, lineAt, powerWithout, tone } from './signals.ts'
import { pcmOf, samplesOf, sendDown, sendUp } from './streams.ts'

/** Loud, but with room for the overshoot of a filter. */
const LOUD = 28_000

/** A second of settled output for a tone, and the decoded samples that went in during that second. */
function upTone(
  engine: AudioEngine,
  hz: number,
  amplitude: number,
): { input: Int16Array; output: Int16Array } {
  const codes = new Uint8Array(12_000)
  encodeMulaw(
    Int16Array.from(tone({ hz, rateHz: 8000, samples: codes.length, amplitude }), Math.round),
    codes,
  )
  const output = samplesOf(sendUp(engine, codes)).slice(12_000)
  return { input: Int16Array.from(codes.slice(4000), (code) => MULAW_VALUES[code]!), output }
}

/** By how many decibels the worse of a tone's images, at 8 kHz less and more its frequency, lies below it. */
export function imageRejectionDb(engine: AudioEngine, hz: number): number {
  const { output } = upTone(engine, hz, LOUD)
  const images = [8000 - hz, 8000 + hz].map((image) => lineAt(output, image, 24_000).amplitude)
  return decibels(lineAt(output, hz, 24_000).amplitude / Math.max(...images))
}

/** Gain of the uplink, relative to what µ-law made of the tone. */
export function upGainDb(engine: AudioEngine, hz: number): number {
  const { input, output } = upTone(engine, hz, LOUD)
  return decibels(lineAt(output, hz, 24_000).amplitude / lineAt(input, hz, 8000).amplitude)
}

/** Delay of the uplink at one frequency, in milliseconds. */
export function upDelayMs(engine: AudioEngine, hz: number): number {
  const { input, output } = upTone(engine, hz, LOUD)
  return delayMs(lineAt(input, hz, 8000).phase - lineAt(output, hz, 24_000).phase, hz)
}

/**
 * SINAD of 1 kHz at −6 dBFS. At that frequency µ-law leaves eight values in turn that can hold a third harmonic and
 * nothing else, so what the code did to the tone can be told from what the filter does.
 */
export function upSinadDb(engine: AudioEngine): number {
  const { output } = upTone(engine, 1000, 16_384)
  const { amplitude } = lineAt(output, 1000, 24_000)
  return 10 * Math.log10(amplitude ** 2 / 2 / powerWithout(output, [1000, 3000], 24_000))
}

/** A second of settled output of the decimator before it is encoded, to 16 bits, for a sum of tones at 24 kHz. */
function downLinear(filter: DownlinkFilter, tones: readonly { hz: number; amplitude: number }[]): Int16Array {
  const taps = downTaps(filter)
  const samples = new Int16Array(24_000 + taps.length)
  const waves = tones.map((one) => tone({ ...one, rateHz: 24_000, samples: samples.length }))
  for (let at = 0; at < samples.length; at++) {
    samples[at] = Math.round(waves.reduce((sum, wave) => sum + wave[at]!, 0))
  }
  return Int16Array.from({ length: 8000 }, (_, at) => decimate(samples, 3 * at, taps))
}

/** By how many decibels a tone that does not fit below 4 kHz comes out lower than it would if it did. */
export function aliasRejectionDb(filter: DownlinkFilter, hz: number): number {
  // The quiet carrier keeps the rounding busy: without it a fold of less than half a step would vanish.
  const output = downLinear(filter, [
    { hz, amplitude: LOUD },
    { hz: 997, amplitude: 500 },
  ])
  return decibels(LOUD / lineAt(output, foldedHz(hz), 8000).amplitude)
}

/** The same through an engine and its µ-law, over ten seconds, so that the noise of the code averages out. */
export function codedAliasRejectionDb(engine: AudioEngine, hz: number): number {
  const loud = tone({ hz, rateHz: 24_000, samples: 252_000, amplitude: LOUD })
  const carrier = tone({ hz: 997, rateHz: 24_000, samples: 252_000, amplitude: 500 })
  const codes = sendDown(engine, pcmOf(loud.map((sample, at) => sample + carrier[at]!)))
  const output = Int16Array.from(codes.subarray(4000), (code) => MULAW_VALUES[code]!)
  return decibels(LOUD / lineAt(output, foldedHz(hz), 8000).amplitude)
}

/** Gain of the decimator before it encodes. */
export function downGainDb(filter: DownlinkFilter, hz: number): number {
  return decibels(lineAt(downLinear(filter, [{ hz, amplitude: LOUD }]), hz, 8000).amplitude / LOUD)
}

/** SINAD of a tone at −6 dBFS, before it is encoded. */
export function downSinadDb(filter: DownlinkFilter, hz: number): number {
  const output = downLinear(filter, [{ hz, amplitude: 16_384 }])
  return 10 * Math.log10(lineAt(output, hz, 8000).amplitude ** 2 / 2 / powerWithout(output, [hz], 8000))
}

/** Delay of the downlink at one frequency, in milliseconds, measured through the engine and its µ-law. */
export function downDelayMs(engine: AudioEngine, hz: number): number {
  const input = tone({ hz, rateHz: 24_000, samples: 252_000, amplitude: LOUD })
  const codes = sendDown(engine, pcmOf(input))
  const output = Int16Array.from(codes.subarray(4000), (code) => MULAW_VALUES[code]!)
  return delayMs(-lineAt(output, hz, 8000).phase, hz)
}

function foldedHz(hz: number): number {
  return Math.abs(hz - 8000 * Math.round(hz / 8000))
}

/** The least delay that explains a phase. */
function delayMs(phase: number, hz: number): number {
  const turns = phase / (2 * Math.PI)
  return ((turns - Math.floor(turns)) / hz) * 1000
}
