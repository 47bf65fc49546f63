import { describe, expect, it } from 'vitest'
import { wordsOf } from '../../src/policy/words.ts'

describe('wordsOf()', () => {
  it.each([
    ['Yes, please — do!', 'yes|please|do'],
    ['I don’t. DONT. dont', 'i|do|not|do|not|do|not'],
    ["can't won't isn't", 'ca|not|wo|not|is|not'],
    ['dontcare n\u2019tx', "dontcare|n'tx"],
    ["'yes' ‘no’ `ok´", 'yes|no|ok'],
    ["that’s ma'am", "that's|ma'am"],
    ['n\u200bo y\u2060es\u200b', 'n|o|y|es'],
    ['\u202eyes\u202c [no] (ok) {so}', 'yes|no|ok|so'],
    ['ｙｅｓ ﬁne ①', 'yes|fine|1'],
    ['nо yès n\u0338o', 'nо|yès|n\u0338o'],
    ['yes👍no $5 a+b', 'yes|👍|no|$|5|a|+|b'],
    ['\ud800 yes', '\ud800|yes'],
    [' \t\n', ''],
    ["''' ' ", ''],
  ])('%j: %s', (text, words) => {
    expect(wordsOf(text).join('|')).toBe(words)
  })

  it('takes time in proportion to the text', () => {
    const hostile = ["'", "n't", 'dont', '👍', "'a", 'a\u0301', '\u200b', 'ﷺ'].map((part) =>
      part.repeat(20_000),
    )
    const started = process.cpuUsage()
    for (const text of hostile) wordsOf(text)
    const used = process.cpuUsage(started)
    expect(used.user + used.system).toBeLessThan(1_500_000)
  })
})
