import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../../src/lib/virtual-clock.ts'
import { SilenceWatch } from '../../src/twilio/silence-watch.ts'

function watchWith(endMs: number) {
  const clock = new VirtualClock()
  const seen: string[] = []
  const watch = new SilenceWatch({
    clock,
    endMs,
    onPause: (silentMs) => seen.push(`pause ${silentMs} at ${clock.nowMs()}`),
    onEnd: () => seen.push(`end at ${clock.nowMs()}`),
  })
  return { clock, seen, watch }
}

describe('SilenceWatch', () => {
  it('tells of a pause once per gap at 750 ms, and of the end', () => {
    const { clock, seen, watch } = watchWith(15_000)
    watch.start()
    clock.advance(5_000)
    expect(seen).toEqual(['pause 750 at 750'])
    watch.heard(clock.nowMs())
    clock.advance(14_999)
    expect(seen).toEqual(['pause 750 at 750', 'pause 750 at 5750'])
    clock.advance(1)
    expect(seen[2]).toBe('end at 20000')
    clock.advance(60_000)
    expect(seen).toHaveLength(3)
    expect(clock.pendingTimers()).toBe(0)
  })

  it('stays quiet while media flows, with one timer', () => {
    const { clock, seen, watch } = watchWith(15_000)
    watch.start()
    for (let frame = 0; frame < 3_000; frame++) {
      clock.advance(20)
      watch.heard(clock.nowMs())
      expect(clock.pendingTimers()).toBe(1)
    }
    expect(seen).toEqual([])
    clock.advance(749)
    expect(seen).toEqual([])
    clock.advance(1)
    expect(seen).toEqual(['pause 750 at 60750'])
  })

  it('ends without a pause when the end comes first', () => {
    const { clock, seen, watch } = watchWith(500)
    watch.start()
    clock.advance(500)
    expect(seen).toEqual(['end at 500'])
  })

  it('says nothing after it was stopped', () => {
    const { clock, seen, watch } = watchWith(15_000)
    watch.start()
    clock.advance(800)
    watch.stop()
    watch.heard(clock.nowMs())
    clock.advance(60_000)
    expect(seen).toEqual(['pause 750 at 750'])
    expect(clock.pendingTimers()).toBe(0)
  })
})
