import { describe, expect, it } from 'vitest'
import { isOptOutKept, isOptOutMessage, isOptOutSpeech } from '../../src/policy/opt-out.ts'

describe('isOptOutMessage()', () => {
  it.each([
    'STOP',
    'stop',
    ' Stop\n',
    'STOPALL',
    'unsubscribe',
    'CANCEL',
    'end',
    'Quit',
    'REVOKE',
    'optout',
    'opt out',
  ])('takes %j for an opt-out', (body) => {
    expect(isOptOutMessage(body)).toBe(true)
  })

  it.each([
    '',
    'STOP PLEASE',
    'please stop',
    'stop.',
    'OPT  OUT',
    'START',
    'the end',
    'STOP STOP',
    'ＳＴＯＰ',
    'no',
  ])('takes %j for a message', (body) => {
    expect(isOptOutMessage(body)).toBe(false)
  })
})

describe('isOptOutSpeech()', () => {
  it.each([
    'Stop calling me!',
    'Please, stop calling me at work.',
    'Do not call me again.',
    "Don't call me again",
    'Dont call me again.',
    'Take me off your list.',
    'And remove me from everything.',
    'Could you opt me out?',
    'STOP CALLING ME',
    'Ｓｔｏｐ ｃａｌｌｉｎｇ me',
  ])('hears it in %j', (text) => {
    expect(isOptOutSpeech(text)).toBe(true)
  })

  it.each([
    'Stop.',
    'stop calling',
    'Call me again.',
    'Do not call him again',
    'take me off',
    'opt out',
    'remove it',
    '',
  ])('does not hear it in %j', (text) => {
    expect(isOptOutSpeech(text)).toBe(false)
  })
})

describe('isOptOutKept()', () => {
  it('is never for the numbers of the owner', () => {
    const known = { isProven: true, wasTried: true }
    expect(isOptOutKept({ ...known, number: '+14155550101' }, ['+14155550101'])).toBe(false)
    expect(isOptOutKept({ ...known, number: '+14155550102' }, ['+14155550101'])).toBe(true)
  })

  it.each([
    [true, false, true],
    [false, true, true],
    [false, false, false],
  ])('number proven: %s, something went to it before: %s, kept: %s', (isProven, wasTried, isKept) => {
    expect(isOptOutKept({ number: '+14155550102', isProven, wasTried }, [])).toBe(isKept)
  })
})
