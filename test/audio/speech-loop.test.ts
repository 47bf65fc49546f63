import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createAudioEngine } from '../../src/audio/engine.ts'
import { MULAW_VALUES, encodeMulaw } from '../../src/audio/mulaw.ts'
import { noise, speechLike } from './support/signals.ts'
import { sendDown, sendUp } from './support/streams.ts'

const speechFolder = join(import.meta.dirname, '../../../shared/fixtures/speech')

/** Up and down through the third-band pair take this many samples at 8 kHz: a whole number, or the loop would be lossy. */
const LAG_SAMPLES = 39

type Tally = { signal: number; error: number; codeError: number; same: number; codes: number }

/** Sends speech as µ-law to 24 kHz and back, and adds up what became of it. */
function loop(speech: Int16Array, tally: Tally): void {
  const engine = createAudioEngine({ kind: 'wasm', downlink: 'third-band' })
  const sent = new Uint8Array(speech.length)
  encodeMulaw(speech, sent)
  const back = sendDown(engine, sendUp(engine, sent))
  for (let at = LAG_SAMPLES; at < back.length; at++) {
    const original = speech[at - LAG_SAMPLES]!
    tally.signal += original ** 2
    tally.error += (original - MULAW_VALUES[back[at]!]!) ** 2
    tally.codeError += (original - MULAW_VALUES[sent[at - LAG_SAMPLES]!]!) ** 2
    tally.same += sent[at - LAG_SAMPLES] === back[at] ? 1 : 0
    tally.codes++
  }
}

function summary(tally: Tally): { snrDb: number; codeAloneDb: number; sameShare: number } {
  return {
    snrDb: 10 * Math.log10(tally.signal / tally.error),
    codeAloneDb: 10 * Math.log10(tally.signal / tally.codeError),
    sameShare: tally.same / tally.codes,
  }
}

const emptyTally = (): Tally => ({ signal: 0, error: 0, codeError: 0, same: 0, codes: 0 })

describe('the third-band pair, up and down again', () => {
  it('stays at the limit of G.711, when recorded speech goes round', (context) => {
    if (!existsSync(speechFolder)) context.skip('no recorded speech beside the project')
    const tally = emptyTally()
    for (const file of readdirSync(speechFolder).filter((name) => name.endsWith('-16k.wav'))) {
      loop(halfRate(readWav(join(speechFolder, file))), tally)
    }
    const { snrDb, codeAloneDb, sameShare } = summary(tally)
    expect(snrDb).toBeGreaterThanOrEqual(36.9)
    expect(codeAloneDb - snrDb).toBeLessThan(0.1)
    expect(sameShare).toBeGreaterThanOrEqual(0.85)
  })

  it('stays at the limit of G.711, when something like speech goes round', () => {
    const tally = emptyTally()
    for (const seed of [1, 2, 3]) loop(speechLike(8, seed), tally)
    const { snrDb, codeAloneDb, sameShare } = summary(tally)
    // What the code alone makes of a signal depends on the signal; what the loop may add to it does not.
    expect(snrDb).toBeGreaterThanOrEqual(36.5)
    expect(codeAloneDb - snrDb).toBeLessThan(0.02)
    expect(sameShare).toBeGreaterThanOrEqual(0.85)
  })

  it('is a delay of whole samples, when a click in noise goes round', () => {
    const random = noise(7)
    const speech = Int16Array.from({ length: 800 }, (_, at) => (at === 400 ? 20_000 : (random() & 63) - 32))
    const engine = createAudioEngine({ kind: 'wasm', downlink: 'third-band' })
    const sent = new Uint8Array(speech.length)
    encodeMulaw(speech, sent)
    const back = Array.from(sendDown(engine, sendUp(engine, sent)), (code) => MULAW_VALUES[code]!)
    expect(back.indexOf(Math.max(...back))).toBe(400 + LAG_SAMPLES)
  })
})

/** The samples of a 16-bit mono WAV file. */
function readWav(file: string): Int16Array {
  const bytes = readFileSync(file)
  const data = bytes.indexOf('data', 12, 'latin1')
  const length = Math.min(bytes.readUInt32LE(data + 4), bytes.length - data - 8)
  return Int16Array.from({ length: length >> 1 }, (_, at) => bytes.readInt16LE(data + 8 + 2 * at))
}

/** 16 → 8 kHz in double precision by a windowed sinc, to 3.4 kHz as a telephone hears: independent of what is tested. */
function halfRate(samples: Int16Array): Int16Array {
  const reach = 120
  const taps = Array.from({ length: 2 * reach + 1 }, (_, at) => {
    const angle = (Math.PI * (at - reach) * 2 * 3600) / 16_000
    const sinc = at === reach ? 1 : Math.sin(angle) / angle
    const window =
      0.42 +
      0.5 * Math.cos((Math.PI * (at - reach)) / reach) +
      0.08 * Math.cos((2 * Math.PI * (at - reach)) / reach)
    return sinc * window * 0.45
  })
  return Int16Array.from({ length: samples.length >> 1 }, (_, at) =>
    Math.round(taps.reduce((sum, tap, offset) => sum + tap * (samples[2 * at + offset - reach] ?? 0), 0)),
  )
}
