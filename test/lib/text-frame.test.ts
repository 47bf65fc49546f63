import { describe, expect, it } from 'vitest'
import { maskedFrameOf, releaseFrame } from '../../src/lib/text-frame.ts'

/** Takes a client's frame apart, byte for byte as RFC 6455 §5.2 and §5.3 say. */
function messageOf(frame: Buffer): Buffer {
  expect(frame[0]).toBe(0x81)
  const length = (frame[1] ?? 0) & 0x7f
  expect((frame[1] ?? 0) & 0x80).toBe(0x80)
  const keyAt = length === 126 ? 4 : 2
  const key = frame.subarray(keyAt, keyAt + 4)
  const masked = frame.subarray(keyAt + 4)
  expect(length === 126 ? frame.readUInt16BE(2) : length).toBe(masked.length)
  return masked.map((byte, index) => byte ^ (key[index % 4] ?? 0)) as Buffer
}

describe('maskedFrameOf()', () => {
  const alphabet = Buffer.from('abcdefghijklmnopqrstuvwxyz{}[]:",0123456789'.repeat(40))

  it('masks messages of every length and place in memory, also where memory of another serves again', () => {
    for (let bytes = 1; bytes <= 600; bytes++) {
      // What lies beside it in the memory is somebody else's, at any distance.
      for (const beside of [0, 1, 2, 3, 8]) {
        if (beside > 0) Buffer.allocUnsafe(beside)
        const message = alphabet.subarray(beside, beside + bytes)
        const frame = maskedFrameOf(message)
        if (!frame) throw new Error(`No frame of ${bytes} bytes`)
        expect(messageOf(frame).equals(message)).toBe(true)
        releaseFrame(frame)
      }
    }
  })

  it('masks each with a key of its own', () => {
    const keys = new Set(
      Array.from({ length: 100 }, () => maskedFrameOf(alphabet.subarray(0, 200))?.readUInt32BE(4)),
    )
    expect(keys.size).toBeGreaterThan(95)
  })

  it('makes none of a message that is too long for two bytes of length', () => {
    expect(maskedFrameOf(Buffer.alloc(0x10000))).toBeUndefined()
    expect(maskedFrameOf(Buffer.alloc(0xffff, 'a'))?.length).toBe(8 + 0xffff)
  })
})
