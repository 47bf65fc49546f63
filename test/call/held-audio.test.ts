import { describe, expect, it } from 'vitest'
import { HeldAudio } from '../../src/call/held-audio.ts'

const frame = (value: number) => Buffer.alloc(160, value)
const firstBytes = (held: HeldAudio) => held.take().map((chunk) => chunk[0])

describe('HeldAudio', () => {
  it('push() keeps a copy, when the bytes lie in a buffer that is used again for the next frame', () => {
    const held = new HeldAudio(1_000)
    const scratch = Buffer.alloc(160)
    for (const value of [1, 2, 3]) {
      scratch.fill(value)
      held.push(scratch)
    }
    expect(firstBytes(held)).toEqual([1, 2, 3])
  })

  it('push() drops the oldest audio, when more is held than its bound', () => {
    const held = new HeldAudio(60)
    for (const value of [1, 2, 3, 4, 5]) held.push(frame(value))
    expect(held.heldMs()).toBe(60)
    expect(held.droppedMs()).toBe(40)
    expect(firstBytes(held)).toEqual([3, 4, 5])
  })

  it('take() leaves nothing behind', () => {
    const held = new HeldAudio(1_000)
    held.push(frame(1))
    expect(firstBytes(held)).toEqual([1])
    expect(held.heldMs()).toBe(0)
    expect(held.take()).toEqual([])
  })
})
