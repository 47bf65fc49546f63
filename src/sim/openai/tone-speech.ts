import { seededRandom } from './seeded-random.ts'

/**
 * Where the fake model's voice comes from: a recording by name or, without one, anything that is as long as the
 * text takes to say.
 * @returns 16-bit mono at 24 kHz; undefined leaves it to the tones
 */
export type Speech = (clip: string | undefined, text: string) => Int16Array | undefined

const RATE_HZ = 24_000
const CHARACTERS_PER_SECOND = 15
const SYLLABLE_MS = 160
const GAP_MS = 30
const PEAK = 9000

/**
 * A voice without words: one vowel-like tone with three harmonics per syllable, about 15 characters a second. It is
 * loud enough for any detector of speech and repeatable: the same seed and text give the same samples.
 */
export function toneSpeech(seed: string): (clip: string | undefined, text: string) => Int16Array {
  return (clip, text) => {
    const random = seededRandom(`${seed}:${clip ?? ''}:${text}`)
    const durationMs = Math.max(300, Math.round((text.length / CHARACTERS_PER_SECOND) * 1000))
    const samples = new Int16Array((durationMs * RATE_HZ) / 1000)
    const syllableSamples = (SYLLABLE_MS * RATE_HZ) / 1000
    const stepSamples = syllableSamples + (GAP_MS * RATE_HZ) / 1000
    for (let start = 0; start < samples.length; start += stepSamples) {
      const syllable = samples.subarray(start, Math.min(samples.length, start + syllableSamples))
      fillSyllable(syllable, random.between(110, 240))
    }
    return samples
  }
}

function fillSyllable(target: Int16Array, pitchHz: number): void {
  const step = (2 * Math.PI * pitchHz) / RATE_HZ
  for (let index = 0; index < target.length; index++) {
    const swell = Math.sin((Math.PI * (index + 0.5)) / target.length)
    const phase = step * index
    const wave = Math.sin(phase) + 0.5 * Math.sin(3 * phase) + 0.3 * Math.sin(7 * phase)
    target[index] = Math.round((PEAK * swell * wave) / 1.8)
  }
}
