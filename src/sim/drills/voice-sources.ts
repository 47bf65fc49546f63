import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { seededRandom } from '../caller/random.ts'
import { readWav } from '../audio/wav.ts'

/** Recorded speech that may lie beside the project: 16-bit mono WAV at 16 kHz. */
const RECORDINGS = join(import.meta.dirname, '../../../../shared/fixtures/speech')
/** Where the filter of the telephone band has lost half, in Hz: a line carries 300 to 3400. */
const BAND_HZ = 3_400
const REACH = 120

/** A voice before it goes on the line. */
export type VoiceSource = {
  readonly name: string
  /** 8 kHz, without anything that a telephone does not carry, before µ-law. */
  readonly samples: Int16Array
}

/** Voices to rehearse with, and where they come from. */
export type VoiceSources = { readonly recorded: string; readonly sources: readonly VoiceSource[] }

/** So many voices, the shortest first: people where recordings lie beside the project, otherwise something like them. */
export async function voiceSources(
  count: number,
  seed: number,
  folder: string = RECORDINGS,
): Promise<VoiceSources> {
  const files = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('-16k.wav'))
  if (files.length === 0) {
    return {
      recorded: 'skipped: no recorded speech lies beside the project',
      sources: Array.from({ length: count }, (_, index) => ({
        name: `synthetic-${seed + index}`,
        samples: speechLike(4, seed + index),
      })),
    }
  }
  const people = await Promise.all(
    files.map(async (file) => ({
      name: file.replace('-16k.wav', ''),
      samples: telephoneBand(readWav(await readFile(join(folder, file))).samples),
    })),
  )
  const shortest = people.toSorted((a, b) => a.samples.length - b.samples.length).slice(0, count)
  return { recorded: `${shortest.length} of ${people.length} recordings`, sources: shortest }
}

/** 16 → 8 kHz by a windowed sinc that ends at the band of a telephone. */
function telephoneBand(samples: Int16Array): Int16Array {
  const taps = Float64Array.from({ length: 2 * REACH + 1 }, (_, index) => {
    const angle = (2 * Math.PI * (index - REACH) * BAND_HZ) / 16_000
    const sinc = index === REACH ? 1 : Math.sin(angle) / angle
    const turn = (Math.PI * (index - REACH)) / REACH
    return (sinc * (0.42 + 0.5 * Math.cos(turn) + 0.08 * Math.cos(2 * turn)) * 2 * BAND_HZ) / 16_000
  })
  return Int16Array.from({ length: samples.length >> 1 }, (_, index) => {
    let sum = 0
    for (let tap = 0; tap < taps.length; tap++) {
      sum += (taps[tap] ?? 0) * (samples[2 * index + tap - REACH] ?? 0)
    }
    return Math.max(-32_768, Math.min(32_767, Math.round(sum)))
  })
}

/** Syllables of a gliding voice below 3.3 kHz with pauses between them. */
function speechLike(seconds: number, seed: number): Int16Array {
  const random = seededRandom(seed)
  const samples = new Int16Array(seconds * 8_000)
  for (let start = 0; start < samples.length;) {
    const length = 800 + random.whole(1_600)
    const loudness = random.next() < 0.75 ? 2_000 + random.whole(8_000) : 0
    const pitchHz = 90 + random.whole(130)
    const formantHz = 400 + random.whole(1_800)
    for (let at = 0; at < length && start + at < samples.length; at++) {
      const swell = loudness * Math.sin((Math.PI * at) / length)
      const sample = swell * syllable({ at, pitchHz, formantHz }) + 8 * (random.next() - 0.5)
      samples[start + at] = Math.round(Math.max(-30_000, Math.min(30_000, sample)))
    }
    start += length
  }
  return samples
}

function syllable(options: {
  readonly at: number
  readonly pitchHz: number
  readonly formantHz: number
}): number {
  const { at, pitchHz, formantHz } = options
  let sum = 0
  for (let harmonic = 1; harmonic * pitchHz < 3_200; harmonic++) {
    const gain = Math.max(0.02, 1 / (1 + ((harmonic * pitchHz - formantHz) / 300) ** 2))
    sum += gain * Math.sin((2 * Math.PI * harmonic * pitchHz * at) / 8_000 + harmonic)
  }
  return sum / 2
}
