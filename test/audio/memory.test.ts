import { getHeapStatistics } from 'node:v8'
import { describe, expect, it } from 'vitest'
import { createAudioEngine } from '../../src/audio/engine.ts'
import { FRAME_PCM_BYTES, FRAME_ULAW_BYTES } from '../../src/audio/frame.ts'

/** A number that is not a small integer. Below half of it is what measuring and late compiling cost per frame. */
const SMALLEST_OBJECT_BYTES = 12

/** Bytes ever allocated on the JavaScript heap: grows with each object, and collecting garbage does not lower it. */
function allocatedBytes(): number {
  const bytes: unknown = Reflect.get(getHeapStatistics(), 'total_allocated_bytes')
  if (typeof bytes !== 'number')
    throw new TypeError('Cannot measure: the runtime does not count allocated bytes')
  return bytes
}

/** What a piece of work allocates each time once the compilers are done with it: the least of several long rounds. */
function allocatedEachTime(times: number, work: () => void): number {
  let least = Infinity
  for (let round = 0; round < 6; round++) {
    const before = allocatedBytes()
    for (let time = 0; time < times; time++) work()
    least = Math.min(least, (allocatedBytes() - before) / times)
  }
  return least
}

describe('push()', () => {
  it('allocates nothing on the heap, when 200,000 frames go both ways', () => {
    const engine = createAudioEngine({ kind: 'wasm' })
    using up = engine.openUplink()
    using down = engine.openDownlink()
    const bytes = allocatedEachTime(200_000, () => {
      up.push(FRAME_ULAW_BYTES)
      down.push(FRAME_PCM_BYTES)
    })
    expect(bytes).toBeLessThan(SMALLEST_OBJECT_BYTES / 2)
  })

  it('is measured by something that sees it, when one small object is made each time', () => {
    const kept: object[] = []
    const bytes = allocatedEachTime(200_000, () => (kept[0] = { at: kept.length }))
    expect(bytes).toBeGreaterThanOrEqual(SMALLEST_OBJECT_BYTES)
  })
})
