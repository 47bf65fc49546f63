import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MediaClock } from '../../src/twilio/media-clock.ts'
import type { Placement } from '../../src/twilio/media-clock.ts'

/** Places messages of 20 ms: [timestamp, arrival]; answers the silence before each, or the reason of its drop. */
function placed(messages: readonly (readonly [timestampMs: number, nowMs: number])[], durationMs = 20) {
  const clock = new MediaClock()
  return messages.map(([timestampMs, nowMs]) => short(clock.place({ timestampMs, durationMs, nowMs })))
}

function short(placement: Placement): number | string {
  if (placement.kind === 'play') return 0
  return placement.kind === 'drop' ? placement.reason : placement.silentMs
}

describe('MediaClock.place()', () => {
  it('plays messages that follow each other, whatever the first timestamp is', () => {
    expect(
      placed([
        [102, 0],
        [122, 20],
        [142, 40],
      ]),
    ).toEqual([0, 0, 0])
  })

  it('fills a step in the timestamps with silence', () => {
    expect(
      placed([
        [100, 0],
        [160, 60],
        [180, 80],
        [220, 120],
      ]),
    ).toEqual([0, 40, 0, 20])
  })

  it('carries steps below a frame until they make one', () => {
    expect(
      placed([
        [100, 0],
        [127, 20],
        [147, 40],
        [174, 60],
        [201, 80],
      ]),
    ).toEqual([0, 0, 0, 0, 21])
    expect(
      placed([
        [100, 0],
        [115, 20],
        [140, 40],
      ]),
    ).toEqual([0, 0, 0])
  })

  it('drops what is repeated or out of order, and goes on', () => {
    expect(
      placed([
        [100, 0],
        [100, 20],
        [80, 40],
        [120, 60],
      ]),
    ).toEqual([0, 'late', 'late', 0])
  })

  it('fills at most 10 s', () => {
    expect(
      placed([
        [100, 0],
        [60_100, 60_000],
        [60_120, 60_020],
      ]),
    ).toEqual([0, 10_000, 0])
  })

  it('plays the whole backlog after a stall of 10 s', () => {
    const stalled = Array.from(
      { length: 501 },
      (_, index) => [100 + index * 20, index === 0 ? 0 : 10_000] as const,
    )
    expect(placed(stalled).every((silence) => silence === 0)).toBe(true)
  })

  it('plays 2 s of a burst, drops the rest, and plays again as time passes', () => {
    const burst = Array.from({ length: 150 }, (_, index) => [100 + index * 20, 0] as const)
    const after = [
      [3_100, 40],
      [3_120, 40],
      [3_140, 40],
    ] as const
    const all = placed([...burst, ...after])
    expect(all.slice(0, 100).every((silence) => silence === 0)).toBe(true)
    expect(all.slice(100, 150).every((reason) => reason === 'fasterThanRealTime')).toBe(true)
    // What was dropped is not taken for a gap.
    expect(all.slice(150)).toEqual([0, 0, 'fasterThanRealTime'])
  })

  it('lets no jump of the timestamps turn one message into more silence than time allows', () => {
    expect(
      placed([
        [100, 0],
        [9_100, 20],
      ]),
    ).toEqual([0, 1_980])
  })

  it('believes timestamps that have started anew after 25 messages in a row', () => {
    const messages = Array.from({ length: 27 }, (_, index) => [index * 20, index * 20] as const)
    const all = placed([[1_000, 0], ...messages])
    expect(all.filter((reason) => reason === 'late')).toHaveLength(25)
    expect(all.slice(-2)).toEqual([0, 0])
  })

  it('believes at once timestamps that go back further than any message is late', () => {
    expect(
      placed([
        [6_000, 0],
        [4_980, 20],
        [5_000, 40],
      ]),
    ).toEqual([0, 0, 0])
    expect(
      placed([
        [6_000, 0],
        [5_000, 20],
        [6_020, 40],
      ]),
    ).toEqual([0, 'late', 0])
  })

  it('never plays more than real time and 2 s, nor fills more than is missing, for any messages', () => {
    const message = fc.record({
      step: fc.integer({ min: -100, max: 30_000 }),
      passed: fc.integer({ min: 0, max: 400 }),
      durationMs: fc.integer({ min: 1, max: 1_000 }),
    })
    fc.assert(
      fc.property(fc.array(message, { maxLength: 80 }), (messages) => {
        const clock = new MediaClock()
        let timestampMs = 5_000
        let nowMs = 0
        let playedMs = 0
        for (const { step, passed, durationMs } of messages) {
          timestampMs = Math.max(0, timestampMs + step)
          nowMs += passed
          const placement = clock.place({ timestampMs, durationMs, nowMs })
          if (placement.kind === 'drop') continue
          const silentMs = placement.kind === 'play' ? 0 : placement.silentMs
          playedMs += durationMs + silentMs
          expect(silentMs).toBeLessThanOrEqual(10_000)
          expect(playedMs).toBeLessThanOrEqual(nowMs + 2_000)
        }
      }),
      { seed: 20_261_120, numRuns: 500 },
    )
  })
})
