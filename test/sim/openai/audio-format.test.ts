import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bytesPerMs, decodeAudio, encodeAudio, levelOf } from '../../../src/sim/openai/audio-format.ts'
import type { AudioFormat } from '../../../src/sim/openai/audio-format.ts'

const formats: AudioFormat[] = [
  { type: 'audio/pcm', rate: 24_000 },
  { type: 'audio/pcmu' },
  { type: 'audio/pcma' },
]

describe('encodeAudio()', () => {
  it.each(formats)('takes as many bytes as its format says: $type', (format) => {
    expect(encodeAudio(new Int16Array(2400), format)).toHaveLength(100 * bytesPerMs(format))
  })

  it('brings PCM back bit for bit', () => {
    const property = fc.property(fc.int16Array({ maxLength: 300 }), (samples) => {
      const format = { type: 'audio/pcm' as const, rate: 24_000 as const }
      expect([...decodeAudio(encodeAudio(samples, format), format)]).toEqual([...samples])
    })
    fc.assert(property, { seed: 2, numRuns: 100 })
  })
})

describe('levelOf()', () => {
  it.each(formats)('is the root mean square of what decodeAudio() gives: $type', (format) => {
    const property = fc.property(fc.uint8Array({ minLength: 2, maxLength: 200 }), (bytes) => {
      const whole = bytes.subarray(0, bytes.length - (bytes.length % 2))
      const samples = decodeAudio(whole, format)
      const mean = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length
      expect(levelOf(whole, format)).toBeCloseTo(Math.sqrt(mean) / 32_768, 12)
    })
    fc.assert(property, { seed: 8, numRuns: 100 })
  })
})
