import { describe, expect, expectTypeOf, it } from 'vitest'
import type { FixedSentence } from '../../src/ports/prompt-audio.ts'
import type { SentenceKey } from '../../src/prompts/sentences.ts'
import {
  sentenceKeys,
  sentenceLanguage,
  sentenceLanguages,
  sentenceText,
} from '../../src/prompts/sentences.ts'

const all = sentenceLanguages.flatMap((language) =>
  sentenceKeys.map((key) => ({ language, key, text: sentenceText(key, language) })),
)

describe('the fixed sentences', () => {
  it('have the names that the prompt-audio port knows', () => {
    expectTypeOf<SentenceKey>().toEqualTypeOf<FixedSentence>()
    expect(new Set(sentenceKeys).size).toBe(13)
  })

  it('are all there in every language, and differ between languages', () => {
    expect(all.filter(({ text }) => text.trim().length < 8)).toEqual([])
    expect(new Set(all.map(({ text }) => text)).size).toBe(all.length)
  })

  it('are short enough for the telephone and safe in TwiML', () => {
    expect(all.filter(({ text }) => text.length > 160)).toEqual([])
    expect(all.filter(({ text }) => /[\p{C}<>&"]/u.test(text))).toEqual([])
  })

  it('disclose an AI, a computer, and the owner of the number', () => {
    expect(sentenceText('disclosure', 'en')).toMatch(/computer.*\bAI assistant\b.*owner of this number/)
    expect(sentenceText('disclosure', 'es')).toMatch(/ordenador.*asistente de IA\b.*titular de este número/)
    expect(sentenceText('disclosure', 'de')).toMatch(/Computer.*\bKI-Assistent\b.*Inhabers dieser Nummer/)
  })
})

describe('sentenceLanguage()', () => {
  it('looks at the first part of a tag only, in any case', () => {
    expect(['de', 'de-AT', 'ES_mx', 'EN'].map(sentenceLanguage)).toEqual(['de', 'de', 'es', 'en'])
  })

  it('is undefined, when there are no sentences in the language', () => {
    expect(['fr', 'den', '', '-de', '__proto__'].map(sentenceLanguage)).toEqual(Array(5).fill(undefined))
  })
})

describe('sentenceText()', () => {
  it('is English, when the language has no sentences', () => {
    expect(sentenceText('hold', 'fr')).toBe(sentenceText('hold', 'en'))
  })
})
