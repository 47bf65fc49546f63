import { describe, expect, it } from 'vitest'
import { contains, phrases, replaced, wordSet } from '../../src/policy/phrases.ts'

const some = phrases('go, go ahead, go ahead now', 'do it')

describe('contains()', () => {
  it.each([
    ['please go', true],
    ['just do it', true],
    ['do', false],
    ['it do', false],
    ['ahead now', false],
    ['going', false],
    ['', false],
  ])('%j: %s', (text, expected) => {
    expect(contains(text.split(' '), some)).toBe(expected)
  })
})

describe('replaced()', () => {
  it('takes the longest phrase, from left to right', () => {
    const words = 'so go ahead now go ahead go do it it do'.split(' ')
    expect(replaced(words, some)).toEqual(['so', 'it', 'do'])
    expect(replaced(words, some, ['*'])).toEqual(['so', '*', '*', '*', '*', 'it', 'do'])
    expect(replaced([], some, ['*'])).toEqual([])
  })
})

describe('wordSet()', () => {
  it('takes several lists', () => {
    expect([...wordSet('a, b', 'c')]).toEqual(['a', 'b', 'c'])
  })
})
