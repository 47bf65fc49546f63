import { describe, expect, it } from 'vitest'
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

  it('holds back what can be joined until another event comes, and keeps the order', () => {
    const seen: string[] = []
    const box: Mailbox<string> = new Mailbox({
      capacity: 4,
      handle: (event) => seen.push(event),
      onFull: () => seen.push('full'),
      join: (held = '', event) => (event.startsWith('+') && held.length < 6 ? held + event : undefined),
    })
    for (const event of ['a', '+1', '+2', 'b', '+3', '+4', '+5', '+6', 'c', '+7']) box.post(event)
    expect(seen).toEqual(['a', '+1+2', 'b', '+3+4+5', '+6', 'c'])
    box.close()
    box.post('d')
    expect(seen).toHaveLength(6)
  })
})
