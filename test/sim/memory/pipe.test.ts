import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../../../src/lib/virtual-clock.ts'
import { type Parcel, Pipe } from '../../../src/sim/memory/pipe.ts'

function message(data: string): Parcel {
  return { kind: 'message', data, isBinary: false }
}

/** A pipe whose posts wait until they are let go, and what has arrived at its end. */
function makePipe() {
  const clock = new VirtualClock()
  const posted: (() => void)[] = []
  const arrived: string[] = []
  const pipe = new Pipe({ clock, post: (work) => void posted.push(work) }, (parcel) => {
    arrived.push(`${clock.nowMs()} ${parcel.kind === 'message' ? parcel.data.toString() : parcel.kind}`)
  })
  const settle = (): void => {
    for (let work = posted.shift(); work; work = posted.shift()) work()
  }
  return { clock, pipe, arrived, settle }
}

describe('Pipe', () => {
  it('lets nothing arrive while its sender is still at work', () => {
    const { pipe, arrived, settle } = makePipe()
    pipe.send(message('one'))
    expect(arrived).toEqual([])
    settle()
    expect(arrived).toEqual(['0 one'])
  })

  it('lets each thing arrive at its own time', () => {
    const { clock, pipe, arrived, settle } = makePipe()
    pipe.delayMs = 100
    pipe.send(message('one'))
    clock.advance(50)
    pipe.send(message('two'))
    for (let count = 0; count < 10; count++) {
      clock.advance(10)
      settle()
    }
    expect(arrived).toEqual(['100 one', '150 two'])
  })

  it('keeps the order when the way becomes shorter', () => {
    const { clock, pipe, arrived, settle } = makePipe()
    pipe.delayMs = 100
    pipe.send(message('one'))
    pipe.delayMs = 10
    pipe.send(message('two'))
    clock.advance(50)
    settle()
    expect(arrived).toEqual([])
    clock.advance(50)
    settle()
    expect(arrived).toEqual(['100 one', '100 two'])
  })

  it('holds what comes while its receiver does not read, and counts it only then', () => {
    const { clock, pipe, arrived, settle } = makePipe()
    pipe.send(message('four'))
    expect(pipe.unreadBytes()).toBe(0)
    pipe.pause()
    settle()
    expect([pipe.unreadBytes(), arrived]).toEqual([4, []])
    clock.advance(5)
    pipe.resume()
    settle()
    expect([pipe.unreadBytes(), arrived]).toEqual([0, ['5 four']])
  })

  it('gives up a receiver that leaves 64 MB unread', () => {
    const { pipe, arrived, settle } = makePipe()
    pipe.pause()
    const piece = message('x'.repeat(1024 * 1024))
    for (let count = 0; count < 64; count++) pipe.send(piece)
    expect(pipe.unreadBytes()).toBe(64 * 1024 * 1024)
    pipe.send(message('y'))
    expect(pipe.unreadBytes()).toBe(0)
    pipe.resume()
    pipe.send(message('later'))
    settle()
    expect(arrived).toEqual([])
  })

  it('loses what is under way when it breaks, and leaves no timer', () => {
    const { clock, pipe, arrived, settle } = makePipe()
    pipe.delayMs = 100
    pipe.send(message('one'))
    expect(clock.pendingTimers()).toBe(1)
    pipe.break()
    expect(clock.pendingTimers()).toBe(0)
    clock.advance(200)
    settle()
    expect(arrived).toEqual([])
  })
})
