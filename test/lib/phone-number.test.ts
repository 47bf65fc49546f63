import { describe, expect, it } from 'vitest'
import { countryOf, isE164, numberFacts, redactedParty } from '../../src/lib/phone-number.ts'

describe('isE164()', () => {
  it('accepts ASCII digits after a plus sign and nothing else', () => {
    expect(['+14155550101', '+442079460000', '+1234567'].filter((text) => !isE164(text))).toEqual([])
    const wrong = [
      '14155550101',
      '+04155550101',
      '+123456',
      '+1234567890123456',
      '+1415555٠١٠١',
      '+14155550101\n',
      '',
    ]
    expect(wrong.filter(isE164)).toEqual([])
  })
})

describe('countryOf()', () => {
  it('splits +1 by area code', () => {
    expect(['+14155550101', '+16045550101', '+18765550101', '+442079460000'].map(countryOf)).toEqual([
      'US',
      'CA',
      'JM',
      'GB',
    ])
  })

  it('answers undefined when there is no such country', () => {
    expect(['+15551234567', '+99912345678', 'anonymous'].map(countryOf)).toEqual([
      undefined,
      undefined,
      undefined,
    ])
  })
})

describe('redactedParty()', () => {
  it('keeps the calling code and four digits of a number, and only the kind of anything else', () => {
    expect(
      ['+14155550101', '+442079460123', '', 'anonymous', 'client:ann', 'sip:ann@example.org'].map(
        redactedParty,
      ),
    ).toEqual(['+1…0101', '+44…0123', 'none', 'other', 'client', 'sip'])
  })
})

describe('numberFacts()', () => {
  it('knows country, kind and groups of a number', () => {
    expect(numberFacts('+442079460123')).toEqual({
      country: 'GB',
      callingCode: '44',
      national: '2079460123',
      kind: 'FIXED_LINE',
      groups: ['44', '20', '7946', '0123'],
    })
    expect(numberFacts('+14155550101')?.groups).toEqual(['1', '415', '555', '0101'])
  })

  it('knows no kind of a number that no plan has, and no country of a satellite telephone', () => {
    expect(numberFacts('+15551234567')).toMatchObject({ kind: undefined, country: undefined })
    expect(numberFacts('+881612345678')).toMatchObject({ callingCode: '881', country: undefined })
  })

  it('knows nothing of what is no number', () => {
    expect(['', '4155550101', '+999123456789', 'sip:+14155550101@example.com'].map(numberFacts)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ])
  })
})
