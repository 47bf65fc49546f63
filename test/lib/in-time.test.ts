import { describe, expect, it } from 'vitest'
import { inTime } from '../../src/lib/in-time.ts'
import { VirtualClock } from '../../src/lib/virtual-clock.ts'

describe('inTime()', () => {
  it('brings what comes in time, and takes its timer back', async () => {
    const clock = new VirtualClock()
    expect(await inTime(Promise.resolve(7), { clock, delayMs: 10 })).toEqual({ kind: 'done', value: 7 })
    expect(clock.pendingTimers()).toBe(0)
  })

  it('passes an error on, and takes its timer back', async () => {
    const clock = new VirtualClock()
    await expect(inTime(Promise.reject(new RangeError('no')), { clock, delayMs: 10 })).rejects.toThrow(
      RangeError,
    )
    expect(clock.pendingTimers()).toBe(0)
  })

  it('waits no longer, and drops what comes later', async () => {
    const clock = new VirtualClock()
    const { promise, reject } = Promise.withResolvers<number>()
    const waited = inTime(promise, { clock, delayMs: 10 })
    clock.advance(10)
    expect(await waited).toEqual({ kind: 'late' })
    reject(new Error('Too late to matter'))
  })
})
