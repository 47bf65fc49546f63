import { describe, expect, it } from 'vitest'
import { checkedTimes, timesObjection } from '../../src/tools/event-times.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const nowMs = Date.UTC(2026, 10, 20, 9)

function span(startsAtMs: number, lastsMs = hourMs) {
  return { startsAtMs, endsAtMs: startsAtMs + lastsMs, timeZone: 'Europe/London' }
}

describe('checkedTimes()', () => {
  it.each([
    ['to come', span(nowMs + hourMs)],
    ['of no length', span(nowMs, 0)],
    ['that began within the grace', span(nowMs - 10 * minuteMs)],
    ['of a leap year', span(nowMs, 366 * 24 * hourMs)],
  ])('takes an event %s', (_what, wanted) => {
    const checked = checkedTimes({ ok: true, ...wanted }, { nowMs })
    expect(checked).toEqual({ ok: true, ...wanted })
    expect(timesObjection(checked)).toBeUndefined()
  })

  it.each([
    ['endsBeforeStart', span(nowMs, -1)],
    ['tooLong', span(nowMs, 366 * 24 * hourMs + 1)],
    ['startsInThePast', span(nowMs - 10 * minuteMs - 1)],
  ])('says %s', (code, wanted) => {
    const checked = checkedTimes({ ok: true, ...wanted }, { nowMs })
    expect(checked).toEqual({ ok: false, code })
    expect(timesObjection(checked)).toEqual({ code, reason: expect.stringMatching(/^must /) as unknown })
  })

  it('says which times the clocks skip, or show twice, and how to give them', () => {
    const skipped = checkedTimes({ ok: false, reason: 'skipped' }, { nowMs })
    expect(skipped).toEqual({ ok: false, code: 'timeSkippedByClocks' })
    expect(timesObjection(skipped)?.reason).toContain('in UTC')
    expect(checkedTimes({ ok: false, reason: 'twice' }, { nowMs })).toEqual({
      ok: false,
      code: 'timeComesTwice',
    })
  })

  it('lets an event that has begun stay where it is, and move to no other time of the past', () => {
    const before = span(nowMs - 3 * hourMs, 4 * hourMs)
    const longer = { ...before, endsAtMs: before.endsAtMs + hourMs }
    expect(checkedTimes({ ok: true, ...longer }, { nowMs, before })).toMatchObject({ ok: true })
    const later = { ...before, startsAtMs: before.startsAtMs + hourMs }
    expect(checkedTimes({ ok: true, ...later }, { nowMs, before })).toMatchObject({ code: 'startsInThePast' })
  })
})
