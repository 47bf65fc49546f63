import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { MULAW_VALUES, decodeMulaw, encodeMulaw, mulawCode } from '../../src/audio/mulaw.ts'

/** SHA-256 of the 256 values of G.711, 16-bit little-endian. CPython's audioop, ffmpeg and SoX agree on all of them. */
const decodeDigest = '3dab54339e520bb2c924826e3b72a917a2b612e9fd12fc867500f1d983a75827'

/** SHA-256 of the codes of −32768 … 32767 in this order, as the test sweep of ITU-T G.191 defines them. */
const encodeDigest = '90c29de505fb68e766118303bd552a16005dcf810873698bee1d8f3b247ce28c'

const sweep = Int16Array.from({ length: 0x1_0000 }, (_, at) => at - 0x8000)
const allCodes = Uint8Array.from({ length: 256 }, (_, code) => code)

describe('decodeMulaw()', () => {
  it('equals the 256 values of the ITU, when given every code', () => {
    const values = new Int16Array(256)
    decodeMulaw(allCodes, values)
    const bytes = Buffer.alloc(512)
    for (const [code, value] of values.entries()) bytes.writeInt16LE(value, 2 * code)
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(decodeDigest)
    expect([values[0x00], values[0x80], values[0x7f], values[0xff]]).toEqual([-32124, 32124, 0, 0])
  })

  it('refuses a target that is too short, when one sample is left over', () => {
    expect(() => decodeMulaw(new Uint8Array(3), new Int16Array(2))).toThrow(
      'Cannot decode: 3 samples do not fit into 2 places',
    )
  })
})

describe('encodeMulaw()', () => {
  it('equals the ITU sweep, when given every 16-bit sample', () => {
    const codes = new Uint8Array(sweep.length)
    encodeMulaw(sweep, codes)
    expect(createHash('sha256').update(codes).digest('hex')).toBe(encodeDigest)
  })

  it('is undone by decoding, when given the value of any code but negative zero', () => {
    const back = Array.from(allCodes, (code) => mulawCode(MULAW_VALUES[code]!))
    expect(back).toEqual(Array.from(allCodes, (code) => (code === 0x7f ? 0xff : code)))
  })

  it('refuses a target that is too short, when one sample is left over', () => {
    expect(() => encodeMulaw(new Int16Array(3), new Uint8Array(2))).toThrow(RangeError)
  })
})

describe('mulawCode()', () => {
  it('gives the code of full scale, when the sample is beyond 16 bits', () => {
    expect([mulawCode(0x8000), mulawCode(1e6), mulawCode(-0x8001), mulawCode(-1e6)]).toEqual([
      0x80, 0x80, 0x00, 0x00,
    ])
  })
})
