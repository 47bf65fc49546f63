import { describe, expect, it } from 'vitest'
import { Arrivals } from '../../../src/sim/drills/arrivals.ts'

describe('Arrivals', () => {
  it('are heard one after another, each when those before it have been played', () => {
    const arrivals = new Arrivals()
    arrivals.media('MZ1', 100, 1_600)
    arrivals.media('MZ1', 110, 1_600)
    arrivals.media('MZ1', 900, 160)
    expect(arrivals.heard()).toEqual([
      { atMs: 100, heardAtMs: 100 },
      { atMs: 110, heardAtMs: 300 },
      { atMs: 900, heardAtMs: 900 },
    ])
  })

  it('are never heard when a clear of their stream comes first', () => {
    const arrivals = new Arrivals()
    arrivals.media('MZ1', 100, 1_600)
    arrivals.media('MZ1', 110, 1_600)
    arrivals.clear('MZ0', 150)
    arrivals.clear('MZ1', 200)
    arrivals.media('MZ1', 210, 160)
    expect(arrivals.heard()).toEqual([
      { atMs: 100, heardAtMs: 100 },
      { atMs: 210, heardAtMs: 210 },
    ])
  })

  it('are never heard when another stream takes the place of theirs', () => {
    const arrivals = new Arrivals()
    arrivals.media('MZ1', 100, 16_000)
    arrivals.media('MZ1', 110, 160)
    arrivals.media('MZ2', 400, 160)
    expect(arrivals.heard()).toEqual([
      { atMs: 100, heardAtMs: 100 },
      { atMs: 400, heardAtMs: 400 },
    ])
  })
})
