import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import * as layout from '../../src/audio/layout.ts'

const { SLACK } = layout

/** Every area in order: where it starts, how many bytes belong to it, and how many more may be overrun. */
const areas = [
  { name: 'constants of the module', start: 64, bytes: 256, overrun: 0 },
  { name: 'lines', start: layout.LINES, bytes: 3 * layout.LINE_BYTES, overrun: 0 },
  { name: 'sums', start: layout.SUMS, bytes: 3 * 64, overrun: 0 },
  { name: 'up taps', start: layout.UP_TAPS, bytes: 2 * 40 * 2, overrun: 0 },
  { name: 'third-band taps', start: layout.THIRD_BAND_TAPS, bytes: 2 * 40 * 2, overrun: 0 },
  { name: 'strict taps', start: layout.STRICT_TAPS, bytes: 3 * 56 * 2, overrun: 0 },
  {
    name: 'up history',
    start: layout.ULAW_IN - layout.UP_STATE_BYTES,
    bytes: layout.UP_STATE_BYTES,
    overrun: 0,
  },
  { name: 'µ-law in', start: layout.ULAW_IN, bytes: layout.ULAW_IN_BYTES, overrun: SLACK },
  { name: 'PCM out', start: layout.PCM_OUT, bytes: layout.PCM_OUT_BYTES, overrun: SLACK },
  {
    name: 'down history',
    start: layout.PCM_IN - layout.DOWN_HISTORY_BYTES,
    bytes: layout.DOWN_HISTORY_BYTES,
    overrun: 0,
  },
  { name: 'PCM in', start: layout.PCM_IN, bytes: layout.PCM_IN_BYTES, overrun: SLACK },
  { name: 'µ-law out', start: layout.ULAW_OUT, bytes: layout.ULAW_OUT_BYTES, overrun: 15 },
  { name: 'up states', start: layout.UP_STATES, bytes: layout.SLOTS * layout.UP_STATE_BYTES, overrun: 0 },
  {
    name: 'down states',
    start: layout.DOWN_STATES,
    bytes: layout.SLOTS * layout.DOWN_STATE_BYTES,
    overrun: 0,
  },
]

describe('the layout', () => {
  it.each(
    areas.map((area, at) => ({ ...area, next: areas[at + 1]?.start ?? layout.MEMORY_PAGES * 0x1_0000 })),
  )('$name ends before the next area, when its overrun is counted in', ({ start, bytes, overrun, next }) => {
    expect(start + bytes + overrun).toBeLessThanOrEqual(next)
  })

  it('MEMORY_PAGES is what the kernel is compiled for, when read from its settings', () => {
    const settings = readFileSync('src/audio/assembly/kernel.json', 'utf8')
    expect(settings).toContain(`"initialMemory": ${layout.MEMORY_PAGES},`)
    expect(settings).toContain(`"maximumMemory": ${layout.MEMORY_PAGES},`)
  })

  it('a call takes at most 512 bytes, when both its states are counted', () => {
    expect(layout.UP_STATE_BYTES + layout.DOWN_STATE_BYTES).toBeLessThanOrEqual(512)
  })

  it('a line holds a slice, when history before it and a group of samples after it are counted in', () => {
    const groups = 16 * Math.ceil((layout.SLICE_SAMPLES + 55) / 16) + 16
    expect(4 * groups).toBeLessThanOrEqual(layout.LINE_BYTES)
  })
})
