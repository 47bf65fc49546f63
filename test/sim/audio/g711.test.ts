import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { decodeMulaw, encodeMulaw, levelDbfs } from '../../../src/sim/audio/g711.ts'

const everyCode = Uint8Array.from({ length: 256 }, (_, code) => code)
const everySample = Int16Array.from({ length: 65_536 }, (_, index) => index - 32_768)

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

describe('decodeMulaw()', () => {
  it('gives the 256 values on which the ITU table, CPython, ffmpeg and SoX agree', () => {
    const samples = decodeMulaw(everyCode)
    const littleEndian = new DataView(new ArrayBuffer(512))
    samples.forEach((sample, index) => littleEndian.setInt16(index * 2, sample, true))
    expect(sha256(new Uint8Array(littleEndian.buffer))).toBe(
      '3dab54339e520bb2c924826e3b72a917a2b612e9fd12fc867500f1d983a75827',
    )
  })
})

describe('encodeMulaw()', () => {
  it('gives the code of the ITU-T G.191 sweep for every 16-bit sample', () => {
    expect(sha256(encodeMulaw(everySample))).toBe(
      '90c29de505fb68e766118303bd552a16005dcf810873698bee1d8f3b247ce28c',
    )
  })

  it('undoes decodeMulaw() for every code but negative zero', () => {
    const expected = everyCode.map((code) => (code === 0x7f ? 0xff : code))
    expect(encodeMulaw(decodeMulaw(everyCode))).toEqual(expected)
  })
})

describe('levelDbfs()', () => {
  it('is -3 dB for a full sine and -Infinity for silence', () => {
    const sine = Int16Array.from(
      { length: 8_000 },
      (_, n) => 32_124 * Math.sin((2 * Math.PI * 440 * n) / 8_000),
    )
    expect(levelDbfs(encodeMulaw(sine))).toBeCloseTo(-3.2, 1)
    expect(levelDbfs(new Uint8Array(160).fill(0xff))).toBe(-Infinity)
    expect(levelDbfs(new Uint8Array())).toBe(-Infinity)
  })
})
