import { describe, expect, it } from 'vitest'
import { createAudioEngine } from '../../src/audio/engine.ts'
import { rawBuffer } from '../../src/audio/raw-buffer.ts'

describe('rawBuffer()', () => {
  it('reads and writes base64 in place, when the buffer is a view of the kernel', () => {
    const { ulawIn } = createAudioEngine()
    expect(ulawIn.base64Write('AP9/gA==', 3, 10)).toBe(4)
    expect([...ulawIn.subarray(3, 7)]).toEqual([0x00, 0xff, 0x7f, 0x80])
    expect(ulawIn.base64Slice(3, 7)).toBe('AP9/gA==')
  })

  it('reads and writes single bytes as characters, when the text is beyond ASCII', () => {
    const buffer = rawBuffer(Buffer.alloc(4))
    expect(buffer.latin1Write('µ{', 1, 2)).toBe(2)
    expect(buffer.latin1Slice(0, 4)).toBe('\0µ{\0')
  })
})
