import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { deniedPrefixes, numberVerdict, rangeOf } from '../../src/policy/numbers.ts'

const everywhere = ['US', 'CA', 'GB', 'DE', 'ES', 'FR', 'JM', 'DO', 'PR', 'BS', 'AC', 'IM']
const rules = { allowedCountries: everywhere, ownNumbers: ['+14155550100'], liveNumbers: ['+14155550101'] }

function refusal(number: string, allowedCountries: readonly string[] = everywhere): string {
  const verdict = numberVerdict(number, { ...rules, allowedCountries })
  return verdict.ok ? 'ok' : verdict.reason
}

describe('numberVerdict()', () => {
  it.each([
    ['+14155550123'],
    ['+16045550123'],
    ['+18005550123'],
    ['+442079460123'],
    ['+447912345678'],
    ['+4930901820'],
    ['+34911234567'],
  ])('lets %s pass', (number) => {
    expect(refusal(number)).toBe('ok')
  })

  it.each([
    '',
    'anonymous',
    '4155550123',
    '14155550123',
    '0014155550123',
    '+04155550123',
    '+1 415 555 0123',
    '+1-415-555-0123',
    '+1(415)5550123',
    ' +14155550123',
    '+14155550123 ',
    '+14155550123\n',
    '++14155550123',
    '+1415555０123',
    '+1415555٠123',
    '+1415555\u200b0123',
    '＋14155550123',
    '+14155550123,1',
    '+14155550123;ext=1',
    '+14155550123x1',
    '+1234567890123456',
    'tel:+14155550123',
    'sip:+14155550123@example.com',
    'client:ann',
    '+1415555O123',
  ])('refuses %j for its shape and repairs nothing', (number) => {
    expect(refusal(number)).toBe('shape')
  })

  it.each([
    '911',
    '112',
    '999',
    '000',
    '110',
    '119',
    '988',
    '+911',
    '+112',
    '+1911',
    '+44999',
    '+49112',
    '+61000',
  ])('refuses %s as an emergency number', (number) => {
    expect(refusal(number)).toBe('emergency')
  })

  it.each([
    ['a satellite telephone', '+870773123456', 'denied'],
    ['another satellite network', '+881612345678', 'denied'],
    ['a network of no country', '+883510001234567', 'denied'],
    ['another network of no country', '+88213123456', 'denied'],
    ['disaster relief', '+888123456789', 'denied'],
    ['a personal number of no country', '+878101234567890', 'denied'],
    ['shared cost of no country', '+80812345678', 'denied'],
    ['premium rate of no country', '+979123456789', 'denied'],
    ['premium rate', '+19005550123', 'denied'],
    ['a service of Canada that belongs to no place', '+16005550123', 'denied'],
    ['a premium exchange', '+12129760123', 'denied'],
    ['premium rate of another country', '+448712345678', 'kind'],
    ['shared cost', '+491801234567', 'kind'],
    ['a pager', '+447640123456', 'kind'],
    ['a number for all offices of a company', '+445512345678', 'kind'],
    ['a personal number', '+447011223344', 'kind'],
    ['a personal number under +1', '+15005550123', 'kind'],
    ['voice mail', '+49170131234567', 'kind'],
    ['freephone of no country', '+80012345678', 'country'],
    ['a number that no plan has', '+15551234567', 'unassigned'],
    ['an area code that cannot be', '+19115550123', 'unassigned'],
    ['a calling code that is none', '+999123456789', 'unassigned'],
    ['a number that is too short for its country', '+4420794', 'unassigned'],
    ['our own number', '+14155550100', 'own'],
    ['whoever is on the line with us', '+14155550101', 'loop'],
  ])('refuses %s', (_what, number, reason) => {
    expect(refusal(number)).toBe(reason)
  })

  it.each([
    ['Jamaica', '+18765550123'],
    ['the Dominican Republic', '+18095550123'],
    ['Puerto Rico', '+17875550123'],
    ['the Bahamas', '+12423592345'],
  ])('refuses %s, which shares +1, even where it is on the list', (_what, number) => {
    expect(refusal(number)).toBe('country')
    expect(refusal(number, ['US', 'CA'])).toBe('country')
  })

  it('refuses every country that is not on the list', () => {
    expect(refusal('+442079460123', ['US'])).toBe('country')
    expect(refusal('+16045550123', ['US'])).toBe('country')
    expect(refusal('+14155550123', ['CA'])).toBe('country')
    expect(refusal('+14155550123', [])).toBe('country')
    // The Isle of Man shares +44 with Great Britain.
    expect(refusal('+441624676413', ['GB'])).toBe('country')
  })

  it('lets no text pass that is not a plus and 7 to 15 ASCII digits', () => {
    const text = fc.oneof(
      fc.string({ maxLength: 20 }),
      fc.stringMatching(/^\+?[0-9 ()-]{3,18}$/),
      fc.string({ unit: 'binary', maxLength: 20 }),
    )
    fc.assert(
      fc.property(text, (number) => {
        const passed = refusal(number) === 'ok'
        expect(passed && !/^\+[1-9][0-9]{6,14}$/.test(number)).toBe(false)
      }),
      { seed: 3, numRuns: 1_000 },
    )
  })

  it('has a deny table', () => {
    expect(deniedPrefixes.length).toBeGreaterThan(0)
    for (const prefix of deniedPrefixes) expect(refusal(`${prefix}123456789`)).toBe('denied')
  })
})

describe('rangeOf()', () => {
  it('is equal for numbers that differ in the last four digits', () => {
    expect(rangeOf('+14155550123')).toBe(rangeOf('+14155559999'))
    expect(rangeOf('+14155550123')).not.toBe(rangeOf('+14155560123'))
  })
})
