import { describe, expect, it } from 'vitest'
import { classifyAnswer, type Consent, consentLexicons, isEcho } from '../../src/policy/consent.ts'
import { drillConsent } from '../../src/sim/drills/consent.ts'
import { corpus } from './consent-corpus.ts'

const english = consentLexicons(['en'])
const utterances = (Object.keys(corpus) as Consent[]).flatMap((expected) =>
  corpus[expected].map((text) => ({ text, expected })),
)

function yesTimes(count: number): string {
  return Array.from({ length: count }, () => 'yes').join(' ')
}

describe('classifyAnswer()', () => {
  it.each(utterances)('takes $text for $expected', ({ text, expected }) => {
    expect(classifyAnswer(text, english)).toBe(expected)
  })

  it('is measured against enough of them, none twice', () => {
    expect(new Set(utterances.map(({ text }) => text)).size).toBe(utterances.length)
    expect(utterances.length).toBeGreaterThanOrEqual(173)
  })

  it('reads 200 characters and not one more, whatever they say', () => {
    expect(classifyAnswer(`yes${' '.repeat(197)}`, english)).toBe('yes')
    expect(classifyAnswer(`yes${' '.repeat(198)}`, english)).toBe('unknown')
    expect(classifyAnswer(`no${' '.repeat(198)}`, english)).toBe('no')
    expect(classifyAnswer(`no${' '.repeat(199)}`, english)).toBe('unknown')
  })

  it('reads 8 words; more are a no or unknown', () => {
    expect(classifyAnswer(yesTimes(8), english)).toBe('yes')
    expect(classifyAnswer(yesTimes(9), english)).toBe('unknown')
    expect(classifyAnswer(`${yesTimes(8)} no`, english)).toBe('no')
    expect(classifyAnswer(`${yesTimes(8)} or not`, english)).toBe('no')
    expect(classifyAnswer(`${yesTimes(7)} all right`, english)).toBe('yes')
  })

  it('understands nothing in a language without a lexicon', () => {
    expect(consentLexicons(['xx'])).toEqual([])
    for (const text of ['yes', 'no', 'tomorrow']) expect(classifyAnswer(text, [])).toBe('unknown')
    expect(classifyAnswer('yes', consentLexicons(['xx', 'en']))).toBe('yes')
  })

  it('lets a no in any language win over a yes in another', () => {
    const [en] = english
    if (!en) throw new Error('No English lexicon')
    // A language in which yes means no, and one in which it is a condition.
    const contrary = { ...en, denials: en.yes, yes: en.denials }
    const hesitant = { ...en, conditions: new Set(['yes']) }
    expect(classifyAnswer('yes', [en, contrary])).toBe('no')
    expect(classifyAnswer('yes', [en, hesitant])).toBe('change')
  })
})

function carelessly(text: string): Consent {
  return /yes/i.test(text) ? 'yes' : 'no'
}

describe('classifyAnswer() on random mixes', () => {
  it('takes no mix with a denial, a condition or a question for a yes, and nearly every plain yes for one', async () => {
    const classify = (text: string): Consent => classifyAnswer(text, english)
    const { numbers, missed } = await drillConsent({ classify }, { seed: 20_261_120, count: 100_000 })
    expect(missed).toEqual([])
    expect(numbers).toMatchObject({ mixes: 100_000, falseYes: 0 })
  })

  it('drillConsent() sees a classifier that takes every yes for one, and one that takes none', async () => {
    const careless = await drillConsent({ classify: carelessly }, { seed: 1, count: 1_000 })
    expect(careless.missed.join()).toMatch(/a yes was made of/)
    const deaf = await drillConsent({ classify: () => 'unknown' }, { seed: 1, count: 1_000 })
    expect(deaf.missed.join()).toMatch(/100 % of plain answers/)
  })
})

describe('isEcho()', () => {
  const question =
    'Shall I call Ann Miller, 1 415 555 0123: ask about the table for two? Say yes or no, or press 1 for yes, 2 for no.'

  it.each([
    ['the question up to its keys', question.slice(0, question.indexOf('Say')), true],
    // It says "no", and declining must always work.
    ['the whole question', question, false],
    ['its middle', 'call Ann Miller 415 555 0123', true],
    ['its number in words', 'four one five five five five zero one two three', true],
    ['its end', 'say yes or press one for yes', true],
    ['three of five words', 'ask about the blue bird', true],
    ['two of five words', 'ask about a blue bird', false],
    ['two words', 'Ann Miller', false],
    ['a plain yes', 'yes please go ahead', false],
    ['a yes with the name', 'yes call Ann', false],
    ['a denial in the words of the question', 'no do not call Ann Miller about the table', false],
    ['nothing', '', false],
    ['other words', 'make it the day after at seven', false],
  ])('for %s', (_what, answer, expected) => {
    expect(isEcho({ answer, question }, english)).toBe(expected)
  })

  it('knows no echo without a lexicon', () => {
    expect(isEcho({ answer: question, question }, [])).toBe(false)
  })
})
