import { describe, expect, it } from 'vitest'
import { classifyAnswer, type Consent, consentLexicons, isEcho } from '../../src/policy/consent.ts'
import { type Random, seededRandom } from '../../src/sim/caller/random.ts'
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

// The lists of the specification, written down again: what is tested is not asked.
const yesWords = ['yes', 'yeah', 'yep', 'confirm', 'go ahead', 'do it', 'correct', "that's right", 'sure']
const moreYes = ['of course', 'sounds good', 'send it', 'call him', 'book it', 'proceed', 'i do', 'you may']
const fillers = ['um', 'well', 'so', 'ok', 'please', 'thanks', 'now', 'just', 'it', 'that', 'and', 'i', 'sir']
const denials = [
  'no',
  'nope',
  'nah',
  'not',
  'never',
  'stop',
  'cancel',
  'wait',
  'hold on',
  'hold off',
  'hang on',
]
const moreDenials = ['abort', 'reject', 'deny', 'wrong', 'incorrect', 'negative', 'never mind', 'forget it']
const lastDenials = ['scratch that', 'leave it', "don't", 'dont', "can't", 'won’t', 'DON’T']
const questions = ['what', 'who', 'which', 'why', 'how', 'where', 'say', 'said', 'told', 'asked', 'ignore']
const moreQuestions = ['already', 'earlier', 'repeat', 'again', 'maybe', 'perhaps', 'guess', 'think']
const conditions = ['or', 'but', 'instead', 'change', 'actually', 'except', 'different', 'another', 'rather']
const moreConditions = [
  'only',
  'unless',
  'if',
  'when',
  'before',
  'after',
  'later',
  'tomorrow',
  'also',
  'plus',
]
const lastConditions = ['both', 'all', 'every', 'always', 'everything', 'two', 'ten', 'hundred', '7', '5:30']
const inner = ['is', 'did', 'does', 'shall', 'should', 'would', 'could', 'can']
const noise = ['bob', 'the', 'number', 'tuesday', 'right', 'to', 'call', 'you', 'nо', 'yеs', '👍', 'correct?']
const forbidding = [denials, moreDenials, lastDenials, questions, moreQuestions].flat()
forbidding.push(...conditions, ...moreConditions, ...lastConditions)
const harmless = [...yesWords, ...yesWords, ...moreYes, ...fillers, ...noise]
const joints = [' ', ' ', ' ', ', ', '. ', '! ', ' - ', '\u200b', ' \u2066', '\u00a0', ' (', '; ']

describe('classifyAnswer() on random mixes', () => {
  it('takes none that holds a denial, a condition or a question for a yes', () => {
    const random = seededRandom(20_261_120)
    const mixes = 100_000
    const counts: Record<Consent, number> = { yes: 0, no: 0, change: 0, unknown: 0 }
    const wrong: string[] = []
    for (let mix = 0; mix < mixes; mix += 1) {
      const text = mixOf(random)
      const verdict = classifyAnswer(text, english)
      counts[verdict] += 1
      if (verdict === 'yes') wrong.push(text)
    }
    expect(wrong).toEqual([])
    // The mixes are no nonsense: a good part of them is understood.
    expect(counts.no).toBeGreaterThan(mixes / 5)
    expect(counts.change).toBeGreaterThan(mixes / 20)
  })

  it('takes for a yes only what consists of words that agree and of fillers', () => {
    const random = seededRandom(42)
    const allowed = new Set([...yesWords, ...moreYes, ...fillers, 'the', 'you', 'call', 'right', 'correct?'])
    const parts = new Set([...allowed].flatMap((phrase) => phrase.split(' ')))
    let agreed = 0
    for (let mix = 0; mix < 20_000; mix += 1) {
      const words = Array.from({ length: 1 + Math.floor(random.next() * 6) }, () => pick(harmless, random))
      const text = words.join(' ')
      if (classifyAnswer(text, english) !== 'yes') continue
      agreed += 1
      expect(text.split(' ').filter((word) => !parts.has(word))).toEqual([])
    }
    expect(agreed).toBeGreaterThan(1_000)
  })
})

/** One to eight phrases, one of which forbids a yes wherever it stands. */
function mixOf(random: Random): string {
  const parts = Array.from({ length: Math.floor(random.next() * 7) }, () => pick(harmless, random))
  const forbidden =
    random.next() < 0.9 ? pick(forbidding, random) : `${pick(inner, random)} ${pick(harmless, random)}`
  parts.splice(Math.floor(random.next() * (parts.length + 1)), 0, cased(forbidden, random))
  // "All right" is a filler by rule, and "that is correct" states: these two are no conditions.
  const joined = parts.map((part, at) => (at === 0 ? part : `${pick(joints, random)}${part}`)).join('')
  const isStatement = /all\P{L}+right|that\P{L}+is\P{L}+(correct|right)/iu.test(joined)
  return isStatement ? pick(denials, random) : joined
}

function pick(items: readonly string[], random: Random): string {
  return items[Math.floor(random.next() * items.length)] ?? ''
}

function cased(text: string, random: Random): string {
  return random.next() < 0.2 ? text.toUpperCase() : text
}

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
