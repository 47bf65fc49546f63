import { parsePhoneNumberFromString } from 'libphonenumber-js/max'
import { describe, expect, it } from 'vitest'
import { isCallingTime, zonesOf } from '../../src/policy/hours.ts'
import { nanpZones } from '../../src/policy/nanp-zones.ts'

const hours = { fromMinute: 9 * 60, toMinute: 20 * 60 }

/** Unix milliseconds of a local time. */
function at(local: string, zone: string): number {
  return Temporal.PlainDateTime.from(local).toZonedDateTime(zone).epochMilliseconds
}

function isTime(number: string, wallMs: number, within = hours): boolean {
  return isCallingTime({ number, wallMs }, within)
}

describe('isCallingTime()', () => {
  it.each([
    ['2026-11-20T08:59:59.999', false],
    ['2026-11-20T09:00', true],
    ['2026-11-20T14:30', true],
    ['2026-11-20T19:59:59.999', true],
    ['2026-11-20T20:00', false],
    ['2026-11-20T03:00', false],
    // The day on which clocks go forward, and the day on which they go back.
    ['2026-03-29T08:59', false],
    ['2026-03-29T09:00', true],
    ['2026-10-25T08:59', false],
    ['2026-10-25T09:00', true],
    ['2026-10-25T19:59', true],
    ['2026-10-25T20:00', false],
  ])('in London at %s: %s', (local, expected) => {
    expect(isTime('+442079460123', at(local, 'Europe/London'))).toBe(expected)
  })

  it('goes by the time of the callee and not by ours', () => {
    const nineInLondon = at('2026-11-20T09:00', 'Europe/London')
    expect(isTime('+442079460123', nineInLondon)).toBe(true)
    expect(isTime('+14155550123', nineInLondon)).toBe(false)
    expect(isTime('+14155550123', at('2026-11-20T09:00', 'America/Los_Angeles'))).toBe(true)
  })

  it('takes what all zones share where the zone is not known', () => {
    // Spain: the mainland and Ceuta, and the Canaries an hour behind.
    expect(isTime('+34911234567', at('2026-11-20T09:30', 'Europe/Madrid'))).toBe(false)
    expect(isTime('+34911234567', at('2026-11-20T10:00', 'Europe/Madrid'))).toBe(true)
    expect(isTime('+34911234567', at('2026-11-20T19:59', 'Europe/Madrid'))).toBe(true)
    expect(isTime('+34911234567', at('2026-11-20T20:00', 'Europe/Madrid'))).toBe(false)
    // A number of no place in the United States: from nine in Hawaii to eight in New York.
    expect(isTime('+18005550123', at('2026-11-20T10:00', 'America/New_York'))).toBe(false)
    expect(isTime('+18005550123', at('2026-11-20T08:59', 'Pacific/Honolulu'))).toBe(false)
    expect(isTime('+18005550123', at('2026-11-20T09:00', 'America/Adak'))).toBe(true)
    expect(isTime('+18005550123', at('2026-11-20T19:59', 'America/New_York'))).toBe(true)
    expect(isTime('+18005550123', at('2026-11-20T20:00', 'America/New_York'))).toBe(false)
  })

  it('takes what both zones of an area code share', () => {
    // 850 is Florida's west: Tallahassee on eastern time, Pensacola on central.
    expect(isTime('+18505550123', at('2026-11-20T09:30', 'America/New_York'))).toBe(false)
    expect(isTime('+18505550123', at('2026-11-20T09:00', 'America/Chicago'))).toBe(true)
    expect(isTime('+18505550123', at('2026-11-20T20:00', 'America/New_York'))).toBe(false)
  })

  it('is never where no zone is known', () => {
    const noon = at('2026-11-20T12:00', 'UTC')
    for (const number of ['+881612345678', '+38349123456', '', 'anonymous', '+15551234567'])
      expect(isTime(number, noon)).toBe(false)
  })

  it('goes past midnight where the hours do', () => {
    const night = { fromMinute: 22 * 60 + 30, toMinute: 6 * 60 + 15 }
    const verdicts = ['22:29', '22:30', '23:59', '00:00', '06:14', '06:15', '12:00'].map((time) =>
      isTime('+442079460123', at(`2026-11-20T${time}`, 'Europe/London'), night),
    )
    expect(verdicts).toEqual([false, true, true, true, true, false, false])
  })

  it('reads times with fractions of a millisecond', () => {
    expect(isTime('+442079460123', at('2026-11-20T12:00', 'UTC') + 0.25)).toBe(true)
  })
})

describe('nanpZones()', () => {
  it('knows every area code of a place in the United States and Canada, but for the far north', () => {
    const unknown: string[] = []
    const geographic = ['FIXED_LINE', 'MOBILE', 'FIXED_LINE_OR_MOBILE']
    for (let code = 200; code < 1_000; code += 1) {
      const number = parsePhoneNumberFromString(`+1${code}5550123`)
      if (!['US', 'CA'].includes(number?.country ?? '')) continue
      if (!geographic.includes(number?.getType() ?? '')) continue
      if (nanpZones(String(code)).length === 0) unknown.push(String(code))
    }
    // 867 covers four zones of Canada's north.
    expect(unknown).toEqual(['867'])
  })

  it('lists no code of another country, and no zone of one', () => {
    const ours = new Set(
      ['US', 'CA'].flatMap((country) => new Intl.Locale(`und-${country}`).getTimeZones() ?? []),
    )
    const codes = Array.from({ length: 800 }, (_, index) => String(index + 200))
    const listed = codes.filter((code) => nanpZones(code).length > 0)
    const countries = listed.map((code) => parsePhoneNumberFromString(`+1${code}5550123`)?.country)
    expect(new Set(countries)).toEqual(new Set(['US', 'CA']))
    expect(listed.flatMap(nanpZones).filter((zone) => !ours.has(zone))).toEqual([])
  })

  it.each([
    ['212', ['America/New_York']],
    ['312', ['America/Chicago']],
    ['303', ['America/Denver']],
    ['602', ['America/Phoenix']],
    ['415', ['America/Los_Angeles']],
    ['907', ['America/Anchorage', 'America/Adak']],
    ['808', ['Pacific/Honolulu']],
    ['850', ['America/New_York', 'America/Chicago']],
    ['416', ['America/Toronto']],
    ['604', ['America/Vancouver']],
    ['800', []],
    ['876', []],
  ])('%s is in %j', (code, zones) => {
    expect(nanpZones(code)).toEqual(zones)
  })
})

describe('zonesOf()', () => {
  it('takes the zones of the country where there is no area code', () => {
    expect(zonesOf('+442079460123')).toEqual(['Europe/London'])
    expect(zonesOf('+34911234567')).toEqual(['Africa/Ceuta', 'Atlantic/Canary', 'Europe/Madrid'])
    expect(zonesOf('+18675550123').length).toBeGreaterThan(10)
  })
})
