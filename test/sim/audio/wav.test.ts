import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readWav, WavError, writeWav } from '../../../src/sim/audio/wav.ts'

const samples = Int16Array.of(0, 1, -1, 32_767, -32_768)
const fixture = join(import.meta.dirname, '../../../../shared/fixtures/dtmf/dtmf-5-8k.wav')

describe('writeWav()', () => {
  it.each([8_000, 16_000, 24_000])('writes what readWav() reads, at %d Hz', (rateHz) => {
    expect(readWav(writeWav({ rateHz, samples }))).toEqual({ rateHz, samples })
  })

  it('refuses another rate', () => {
    expect(() => writeWav({ rateHz: 44_100, samples })).toThrow('Cannot write WAV: 44100 Hz is none of')
  })
})

describe('readWav()', () => {
  it('skips chunks it does not know, also of odd length', () => {
    const plain = writeWav({ rateHz: 8_000, samples })
    const extra = Uint8Array.of(0x4c, 0x49, 0x53, 0x54, 3, 0, 0, 0, 1, 2, 3, 0)
    const file = new Uint8Array([...plain.subarray(0, 36), ...extra, ...plain.subarray(36)])
    expect(readWav(file).samples).toEqual(samples)
  })

  it('refuses what is no mono 16-bit PCM, naming what it is', () => {
    const stereo = writeWav({ rateHz: 8_000, samples })
    stereo[22] = 2
    expect(() => readWav(stereo)).toThrow('format 1, 2 channels, 16 bits is not PCM')
    const header = writeWav({ rateHz: 8_000, samples }).subarray(0, 36)
    expect(() => readWav(header)).toThrow('it has no data')
  })

  it('throws WavError and nothing else, wherever the file is cut', () => {
    const file = writeWav({ rateHz: 16_000, samples })
    for (let length = 0; length < file.length; length++) {
      expect(() => readWav(file.subarray(0, length))).toThrow(WavError)
    }
  })

  it("reads another program's file", (ctx) => {
    ctx.skip(!existsSync(fixture), 'shared fixtures are not here')
    const sound = readWav(readFileSync(fixture))
    expect(sound.rateHz).toBe(8_000)
    expect(sound.samples.length).toBe(4_000)
  })
})
