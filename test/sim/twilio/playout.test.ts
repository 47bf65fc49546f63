import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Playout, playedBytesAtMs } from '../../../src/sim/twilio/playout.ts'

function playout(capacityBytes = 100_000, markCapacity = 1_000): Playout {
  return new Playout({ capacityBytes, markCapacity })
}

function ramp(bytes: number, from = 0): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, index) => (from + index) % 251)
}

/** Takes frames of 20 ms from atMs on; the marks that each returned. */
function frames(buffer: Playout, count: number, fromMs = 0): (readonly string[])[] {
  return Array.from({ length: count }, (_, index) => buffer.take(new Uint8Array(160), fromMs + index * 20))
}

describe('Playout', () => {
  it('plays pieces of any size in order, in frames', () => {
    const buffer = playout()
    buffer.push(ramp(100))
    buffer.push(ramp(1, 100))
    buffer.push(ramp(300, 101))
    const heard = Array.from({ length: 3 }, (_, index) => {
      const frame = new Uint8Array(160).fill(0xff)
      buffer.take(frame, index * 20)
      return [...frame]
    }).flat()
    expect(heard.slice(0, 401)).toEqual([...ramp(401)])
    expect(new Set(heard.slice(401))).toEqual(new Set([0xff]))
  })

  it('returns a mark when the frame with its last byte has been heard, not when it leaves', () => {
    const buffer = playout()
    buffer.push(ramp(200))
    expect(buffer.mark('a', 0)).toBe('later')
    expect(frames(buffer, 3)).toEqual([[], [], ['a']])
  })

  it('returns a mark at once when nothing is left to play, and not while a frame is on its way', () => {
    const buffer = playout()
    expect(buffer.mark('a', 0)).toBe('now')
    buffer.push(ramp(160))
    frames(buffer, 1)
    expect(buffer.mark('b', 10)).toBe('later')
    frames(buffer, 1, 20)
    expect(buffer.mark('c', 21)).toBe('now')
  })

  it('clear() drops what is buffered, returns all marks and records where it came', () => {
    const buffer = playout()
    buffer.push(ramp(480))
    buffer.mark('a', 0)
    buffer.mark('b', 0)
    frames(buffer, 2)
    expect(buffer.clear(30)).toEqual({ marks: ['a', 'b'], droppedBytes: 160 })
    const record = buffer.record()
    expect(record.clears).toEqual([
      { atMs: 30, receivedBytes: 480, heardBytes: 240, playedBytes: 320, droppedBytes: 160 },
    ])
    expect(record.marks.map((mark) => mark.fate)).toEqual(['cleared', 'cleared'])
    buffer.push(ramp(160))
    expect(buffer.mark('c', 40)).toBe('later')
    expect(frames(buffer, 2, 40)).toEqual([[], ['c']])
  })

  it('push() throws away what does not fit and says how much', () => {
    const buffer = playout(1_000)
    expect(buffer.push(ramp(900))).toBe(0)
    expect(buffer.push(ramp(900))).toBe(800)
    expect(buffer.push(ramp(1))).toBe(1)
    expect(buffer.record()).toMatchObject({ receivedBytes: 1_801, droppedBytes: 801 })
  })

  it('mark() refuses one that would be too many', () => {
    const buffer = playout(1_000, 2)
    buffer.push(ramp(10))
    expect([buffer.mark('a', 0), buffer.mark('b', 0), buffer.mark('c', 0)]).toEqual([
      'later',
      'later',
      'full',
    ])
  })

  it('playedBytesAtMs() counts bytes within frames and stands still in pauses', () => {
    const buffer = playout()
    buffer.push(ramp(240))
    frames(buffer, 3, 100)
    buffer.push(ramp(160))
    frames(buffer, 1, 200)
    const { runs } = buffer.record()
    expect(runs).toEqual([
      { atMs: 100, fromByte: 0, bytes: 240 },
      { atMs: 200, fromByte: 240, bytes: 160 },
    ])
    expect([0, 100, 110, 130, 199, 210, 500].map((atMs) => playedBytesAtMs(runs, atMs))).toEqual([
      0, 0, 80, 240, 240, 320, 400,
    ])
  })
})

const op = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('push' as const), bytes: fc.integer({ min: 0, max: 900 }) }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('mark' as const), bytes: fc.constant(0) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('frame' as const), bytes: fc.constant(0) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('clear' as const), bytes: fc.constant(0) }) },
)

/** What a run of operations did, with the truth kept by plain counting beside the buffer. */
function run(ops: readonly { do: 'push' | 'mark' | 'frame' | 'clear'; bytes: number }[]) {
  const buffer = playout(1e9, 1e6)
  let atMs = 0
  let sent = 0
  let buffered: number[] = []
  const played: number[] = []
  const expected: number[] = []
  let heardFrames = 0
  let left = 0
  const marks = new Map<string, number>()
  const returned: string[] = []
  const problems: string[] = []
  const back = (name: string, cleared: boolean): void => {
    returned.push(name)
    if (!cleared && heardFrames < (marks.get(name) ?? 0)) problems.push(`${name} before its audio`)
  }
  for (const each of ops) {
    if (each.do === 'push') {
      const bytes = ramp(each.bytes, sent)
      sent += each.bytes
      buffer.push(bytes)
      buffered.push(...bytes)
    } else if (each.do === 'mark') {
      const name = `m${marks.size}`
      marks.set(name, left + buffered.length)
      if (buffer.mark(name, atMs) === 'now') back(name, false)
    } else if (each.do === 'frame') {
      heardFrames = left
      const frame = new Uint8Array(160).fill(255)
      const due = buffer.take(frame, atMs)
      const piece = buffered.slice(0, 160)
      buffered = buffered.slice(160)
      left += piece.length
      expected.push(...piece)
      played.push(...frame.subarray(0, piece.length))
      for (const name of due) back(name, false)
      atMs += 20
    } else {
      buffered = []
      for (const name of buffer.clear(atMs).marks) back(name, true)
      if (returned.length !== marks.size) problems.push('a mark outlived a clear')
    }
  }
  return { buffer, played, expected, returned, problems, marks, left }
}

describe('Playout, whatever happens', () => {
  it('plays every byte that was not cleared, once and in order', () => {
    fc.assert(
      fc.property(fc.array(op, { maxLength: 120 }), (ops) => {
        const { played, expected, left, buffer } = run(ops)
        expect(played).toEqual(expected)
        expect(buffer.record().playedBytes).toBe(left)
      }),
      { seed: 20, numRuns: 200 },
    )
  })

  it('returns marks in order, none before its audio was heard, none later than the next clear', () => {
    fc.assert(
      fc.property(fc.array(op, { maxLength: 120 }), (ops) => {
        const { returned, problems, marks } = run(ops)
        expect(problems).toEqual([])
        expect(returned).toEqual([...marks.keys()].slice(0, returned.length))
      }),
      { seed: 21, numRuns: 200 },
    )
  })

  it('returns every mark once all audio was played', () => {
    fc.assert(
      fc.property(fc.array(op, { maxLength: 60 }), (ops) => {
        const frame = { do: 'frame' as const, bytes: 0 }
        const { returned, marks } = run([...ops, ...Array.from({ length: 400 }, () => frame)])
        expect(returned).toEqual([...marks.keys()])
      }),
      { seed: 22, numRuns: 50 },
    )
  })
})
