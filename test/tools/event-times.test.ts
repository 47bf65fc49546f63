import { describe, expect, it } from 'vitest'
import { checkedTimes, timesObjection } from '../../src/tools/event-times.ts'

const hourMs = 3_600_000
const nowMs = Date.UTC(2026, 10, 20, 9)

function span(startsAtMs: number, lastsMs = hourMs) {
  return { startsAtMs, endsAtMs: startsAtMs + lastsMs, timeZone: 'Europe/London' }
}

describe('checkedTimes()', () => {
  it.each([
    ['to come', span(nowMs + hourMs)],
    ['of no length', span(nowMs, 0)],
    ['of a leap year', span(nowMs, 366 * 24 * hourMs)],
  ])('takes an event %s', (_what, wanted) => {
    const checked = checkedTimes({ ok: true, ...wanted })
    expect(checked).toEqual({ ok: true, ...wanted })
    expect(timesObjection(checked)).toBeUndefined()
  })

  it.each([
    ['endsBeforeStart', span(nowMs, -1)],
    ['tooLong', span(nowMs, 366 * 24 * hourMs + 1)],
  ])('says %s', (code, wanted) => {
    const checked = checkedTimes({ ok: true, ...wanted })
    expect(checked).toEqual({ ok: false, code })
    expect(timesObjection(checked)).toEqual({ code, reason: expect.stringMatching(/^must /) as unknown })
  })

  it('says which times the clocks skip, or show twice, and how to give them', () => {
    const skipped = checkedTimes({ ok: false, reason: 'skipped' })
    expect(skipped).toEqual({ ok: false, code: 'timeSkippedByClocks' })
    expect(timesObjection(skipped)?.reason).toContain('in UTC')
    expect(checkedTimes({ ok: false, reason: 'twice' })).toEqual({
      ok: false,
      code: 'timeComesTwice',
    })
  })
})
