import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'

const folder = join(import.meta.dirname, '../../../src/sim/speech')

const speaker = z.enum(['caller', 'secondCaller', 'model', 'modelAt8k'])
const written = z
  .strictObject({
    voices: z.record(
      speaker,
      z.strictObject({
        voice: z.string(),
        wordsPerMinute: z.int(),
        rateHz: z.union([z.literal(8000), z.literal(24_000)]),
      }),
    ),
    lines: z.array(z.strictObject({ id: z.string(), speaker, text: z.string() })),
  })
  .parse(JSON.parse(readFileSync(join(folder, 'script.json'), 'utf8')))
const recorded = z
  .strictObject({
    recipe: z.string(),
    madeWith: z.record(z.string(), z.string()),
    lines: z.array(
      z.strictObject({
        id: z.string(),
        speaker,
        file: z.string(),
        text: z.string(),
        voice: z.string(),
        rateHz: z.int(),
        durationMs: z.int(),
        sha256: z.string(),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(join(folder, 'speech.json'), 'utf8')))

const lines = recorded.lines.map((line) => {
  const bytes = readFileSync(join(folder, line.file))
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const samples = Int16Array.from({ length: (bytes.length - 44) / 2 }, (_, index) =>
    view.getInt16(44 + index * 2, true),
  )
  return { ...line, bytes, view, samples }
})

/** The longest stretch in which every 10 ms stays below the level, in dB of full scale. */
function longestSilenceMs(samples: Int16Array, options: { rateHz: number; belowDb: number }): number {
  const frameSamples = options.rateHz / 100
  const limit = 32_768 * 10 ** (options.belowDb / 20)
  let longest = 0
  let current = 0
  for (let at = 0; at + frameSamples <= samples.length; at += frameSamples) {
    const power = samples.subarray(at, at + frameSamples).reduce((sum, sample) => sum + sample * sample, 0)
    current = Math.sqrt(power / frameSamples) < limit ? current + 10 : 0
    longest = Math.max(longest, current)
  }
  return longest
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

describe('the recorded lines of the rehearsal', () => {
  it('are the written ones: a changed text needs a new recording, see the recipe in speech.json', () => {
    const expected = written.lines.map((line) => ({
      ...line,
      file: `${line.id}.wav`,
      voice: written.voices[line.speaker].voice,
      rateHz: written.voices[line.speaker].rateHz,
    }))
    expect(
      lines.map(({ id, speaker: who, text, file, voice, rateHz }) => ({
        id,
        speaker: who,
        text,
        file,
        voice,
        rateHz,
      })),
    ).toEqual(expected)
    expect(new Set(lines.map(({ id }) => id)).size).toBe(lines.length)
    expect(lines.filter(({ id }) => !/^[a-z]+(-[a-z]+)*$/.test(id))).toEqual([])
  })

  it('are the files that the list names, byte for byte, and no others', () => {
    expect(lines.filter((line) => sha256(line.bytes) !== line.sha256).map(({ id }) => id)).toEqual([])
    const found = readdirSync(folder).filter((name) => name.endsWith('.wav'))
    expect(found.toSorted()).toEqual(lines.map(({ file }) => file).toSorted())
    expect(lines.reduce((sum, { bytes }) => sum + bytes.length, 0)).toBeLessThan(3_200_000)
  })

  it('are WAV files of 16 bit mono, the model at 24 kHz where it has much to say, all else at 8 kHz', () => {
    for (const { id, speaker: who, rateHz, durationMs, view, bytes, samples } of lines) {
      const header = {
        riff: bytes.toString('latin1', 0, 4),
        kind: bytes.toString('latin1', 8, 16),
        format: view.getUint16(20, true),
        channels: view.getUint16(22, true),
        rateHz: view.getUint32(24, true),
        bits: view.getUint16(34, true),
        dataBytes: view.getUint32(40, true),
      }
      expect({ id, ...header }).toEqual({
        id,
        riff: 'RIFF',
        kind: 'WAVEfmt ',
        format: 1,
        channels: 1,
        rateHz,
        bits: 16,
        dataBytes: samples.length * 2,
      })
      expect(rateHz).toBe(who === 'model' ? 24_000 : 8000)
      expect(Math.round((samples.length / rateHz) * 1000)).toBe(durationMs)
    }
  })

  it('have no pause of 350 ms, so that 500 ms of silence never cut one line into two turns', () => {
    const pauses = lines.flatMap(({ id, samples, rateHz }) =>
      [-45, -40, -35].map((belowDb) => ({ id, belowDb, ms: longestSilenceMs(samples, { rateHz, belowDb }) })),
    )
    expect(pauses.filter(({ ms }) => ms >= 350)).toEqual([])
    expect(pauses.some(({ ms }) => ms > 100)).toBe(true)
  })

  it('are loud enough for any voice detector and never clip', () => {
    const peaks = lines.map(({ id, samples }) => ({
      id,
      peak: samples.reduce((high, s) => Math.max(high, Math.abs(s)), 0),
    }))
    expect(peaks.filter(({ peak }) => peak < 16_000 || peak > 27_000)).toEqual([])
  })

  it('have one long answer to interrupt, of 8 to 10 s', () => {
    const long = lines.find(({ id }) => id === 'model-opening-hours')
    expect(long?.durationMs).toBeGreaterThanOrEqual(8000)
    expect(long?.durationMs).toBeLessThanOrEqual(10_000)
  })
})
