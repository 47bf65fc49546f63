import { describe, expect, it } from 'vitest'
import { HeldAudio } from '../../src/call/held-audio.ts'
import { Mailbox } from '../../src/call/mailbox.ts'

describe('Mailbox', () => {
  it('post() during handling waits for its turn', () => {
    const seen: string[] = []
    const box: Mailbox<number> = new Mailbox({
      capacity: 4,
      handle: (event) => {
        seen.push(`begin ${event}`)
        if (event === 1) box.post(2)
        seen.push(`end ${event}`)
      },
      onFull: () => seen.push('full'),
    })
    box.post(1)
    expect(seen).toEqual(['begin 1', 'end 1', 'begin 2', 'end 2'])
  })

  it('closes itself and says so once when it is full', () => {
    let full = 0
    let handled = 0
    const box: Mailbox<number> = new Mailbox({
      capacity: 2,
      handle: (event) => {
        handled++
        if (event === 0) for (let index = 1; index <= 5; index++) box.post(index)
      },
      onFull: () => full++,
    })
    box.post(0)
    box.post(9)
    expect({ full, handled }).toEqual({ full: 1, handled: 1 })
  })
})

describe('HeldAudio', () => {
  it('take() gives everything back in order, once', () => {
    const held = new HeldAudio(1_000)
    held.push(Uint8Array.of(1, 2))
    held.push(Uint8Array.of(3))
    expect(Buffer.concat(held.take())).toEqual(Buffer.of(1, 2, 3))
    expect(held.take()).toEqual([])
  })

  it('push() keeps a copy', () => {
    const held = new HeldAudio(1_000)
    const frame = Uint8Array.of(1)
    held.push(frame)
    frame[0] = 9
    expect(held.take()[0]).toEqual(Uint8Array.of(1))
  })

  it('drops the oldest audio beyond its bound and counts it', () => {
    const held = new HeldAudio(40)
    for (let value = 0; value < 4; value++) held.push(new Uint8Array(160).fill(value))
    expect(held.heldMs()).toBe(40)
    expect(held.droppedMs()).toBe(40)
    expect(held.take().map((chunk) => chunk[0])).toEqual([2, 3])
  })
})
