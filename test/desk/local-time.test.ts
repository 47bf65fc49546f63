import { assert, constantFrom, integer, property } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { localTimeOf, momentOf } from '../../src/desk/local-time.ts'

const zones = [
  'UTC',
  'Europe/London',
  'America/New_York',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'America/St_Johns',
  'Africa/Casablanca',
  'Pacific/Apia',
  'America/Sao_Paulo',
]
const quarterMs = 15 * 60_000
const formats = new Map(
  zones.map((timeZone) => [
    timeZone,
    new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' }),
  ]),
)

/** Every moment at which the clocks of a zone show a time, found by looking at all that could. */
function momentsShowing(local: string, timeZone: string): readonly number[] {
  const asUtcMs = Date.parse(`${local}:00Z`)
  const offsets = Array.from({ length: 4 * 30 }, (_, at) => (at - 60) * quarterMs)
  return offsets
    .map((offsetMs) => asUtcMs - offsetMs)
    .filter((atMs) => formats.get(timeZone)?.format(atMs).replace(' ', 'T') === local)
}

function expected([first, ...more]: readonly number[]): unknown {
  if (first === undefined) return { ok: false, reason: 'skipped' }
  return more.length > 0 ? { ok: false, reason: 'twice' } : { ok: true, atMs: first }
}

const zone = constantFrom(...zones)
const quarter = integer({ min: Date.UTC(2000, 0) / quarterMs, max: Date.UTC(2037, 0) / quarterMs }).map(
  (count) => count * quarterMs,
)

describe('momentOf()', () => {
  it('finds the only moment at which a zone shows a time, and none where there are more or fewer', () => {
    assert(
      property(quarter, zone, (localMs, timeZone) => {
        const local = new Date(localMs).toISOString().slice(0, 16)
        expect(momentOf(local, timeZone)).toEqual(expected(momentsShowing(local, timeZone)))
      }),
      { numRuns: 1_500, seed: 7 },
    )
  })

  it.each([
    ['2026-03-29T01:30', 'Europe/London', 'skipped'],
    ['2026-10-25T01:30', 'Europe/London', 'twice'],
    ['2026-03-08T02:00', 'America/New_York', 'skipped'],
    ['2026-11-01T01:59', 'America/New_York', 'twice'],
    ['2026-10-04T02:15', 'Australia/Lord_Howe', 'skipped'],
    ['2011-12-30T12:00', 'Pacific/Apia', 'skipped'],
  ])('says of %s in %s that it is %s', (local, timeZone, reason) => {
    expect(momentOf(local, timeZone)).toEqual({ ok: false, reason })
    expect(momentsShowing(local, timeZone)).toHaveLength(reason === 'twice' ? 2 : 0)
  })

  it('reads back what localTimeOf() wrote, wherever that is one moment', () => {
    assert(
      property(quarter, zone, (atMs, timeZone) => {
        const moment = momentOf(localTimeOf(atMs, timeZone), timeZone)
        expect(moment).toEqual(moment.ok ? { ok: true, atMs } : { ok: false, reason: 'twice' })
      }),
      { numRuns: 1_500, seed: 8 },
    )
  })

  it('throws for what is no time and for what is no zone', () => {
    expect(() => momentOf('2026-02-30T10:00', 'UTC')).toThrow(RangeError)
    expect(() => momentOf('2026-02-20T10:00', 'Europe/Atlantis')).toThrow(RangeError)
  })
})
