import { describe, expect, it } from 'vitest'
import { mayBeSpeech } from '../../src/call/loudness.ts'

/** A second of a tone of so large a peak, of 32,767, as µ-law; coded apart from the product's tables. */
function tone(peak: number): Uint8Array {
  return Uint8Array.from({ length: 8_000 }, (_, index) => {
    const sample = peak * Math.sin(index / 3)
    const magnitude = Math.min(32_635, Math.abs(sample)) + 132
    const exponent = Math.floor(Math.log2(magnitude)) - 7
    const mantissa = Math.floor(magnitude / 2 ** (exponent + 3)) & 15
    return ~((sample < 0 ? 128 : 0) | (exponent << 4) | mantissa) & 255
  })
}

describe('mayBeSpeech()', () => {
  it('tells a voice from a quiet room, and from nothing', () => {
    expect(mayBeSpeech(tone(8_000))).toBe(true)
    expect(mayBeSpeech(tone(2_000))).toBe(true)
    expect(mayBeSpeech(tone(300))).toBe(false)
    expect(mayBeSpeech(new Uint8Array(160).fill(0xff))).toBe(false)
    expect(mayBeSpeech(new Uint8Array())).toBe(false)
  })

  it('finds a word that fills a fifth of a piece', () => {
    const piece = new Uint8Array(1_600).fill(0xff)
    piece.set(tone(8_000).subarray(0, 400))
    expect(mayBeSpeech(piece)).toBe(true)
    piece.fill(0xff)
    piece.set(tone(8_000).subarray(0, 100))
    expect(mayBeSpeech(piece)).toBe(false)
  })
})
