import { describe, expect, it } from 'vitest'
import { sameWords } from '../../src/policy/same-words.ts'

const question = 'Shall I text Ann, 1 415 555 0123: we are late, 3 words? Press 1 for yes, 2 for no.'

describe('sameWords()', () => {
  it.each([
    ['itself', question],
    ['another case', question.toUpperCase()],
    ['other signs', question.replaceAll(/[^A-Za-z0-9 ]/g, '')],
    ['grouped otherwise', question.replace('1 415 555 0123', '+1 (415) 555-01-23')],
    ['digits in words', question.replace('0123', 'zero one two three').replace('3 words', 'three words')],
    ['zero as oh', question.replace('0123', 'oh one two three')],
    ['wide letters', question.replace('Ann', 'Ａｎｎ')],
    ['more blanks', `  ${question.replaceAll(' ', '\n ')} `],
  ])('is true for %s', (_what, spoken) => {
    expect(sameWords(spoken, question)).toBe(true)
  })

  it.each([
    ['nothing', ''],
    ['a digit more', question.replace('0123', '01234')],
    ['a digit less', question.replace('0123', '012')],
    ['another digit', question.replace('0123', '0124')],
    ['digits in another order', question.replace('0123', '0132')],
    ['a word more', `${question} Okay?`],
    ['a word less', question.replace('late', '')],
    ['another name', question.replace('Ann', 'Bob')],
    ['a look-alike letter', question.replace('Ann', 'Аnn')],
    ['an accent', question.replace('late', 'laté')],
    ['the end missing', question.slice(0, -12)],
  ])('is false for %s', (_what, spoken) => {
    expect(sameWords(spoken, question)).toBe(false)
  })
})
