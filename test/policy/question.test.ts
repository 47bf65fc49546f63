import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Errand } from '../../src/policy/errand.ts'
import { notAskedSentence, pinPrompt, type QuestionContext, questionsFor } from '../../src/policy/question.ts'
import { numberInDigits, numberInGroups, plainLine } from '../../src/policy/spoken.ts'

const plain: QuestionContext = { isFirstDestination: false, taint: [], answer: 'voice', hasThreeLegs: false }
const number = '+14155550123'
const keys = 'Say yes or no, or press 1 for yes, 2 for no.'
const event = {
  title: 'Dentist',
  start: '2026-11-24T10:30',
  end: '2026-11-24T11:00',
  timeZone: 'Europe/London',
}
const words = Array.from({ length: 70 }, (_, at) => `word${at + 1}`)

function first(errand: Errand, change: Partial<QuestionContext> = {}): string {
  return questionsFor(errand, { ...plain, ...change })[0]
}

describe('questionsFor()', () => {
  it.each([
    [
      'a call',
      { kind: 'call', number, content: 'Ask for a table.' },
      { name: 'Ann Miller' },
      'Shall I call Ann Miller, 1 415 555 0123: Ask for a table, 4 words?',
    ],
    ['a text', { kind: 'sms', number, content: 'Late.' }, {}, 'Shall I text 1 415 555 0123: Late, 1 word?'],
    [
      'an empty text',
      { kind: 'sms', number, content: ' \n ' },
      {},
      'Shall I text 1 415 555 0123: without a word?',
    ],
    [
      'an e-mail',
      { kind: 'email', address: 'ann.m+x@my-house_1.example', subject: 'Lunch', content: 'Hi Ann' },
      { name: 'Ann' },
      'Shall I e-mail Ann, ann dot m plus x at my dash house underscore 1 dot example, about Lunch: Hi Ann, 2 words?',
    ],
    [
      'an e-mail about nothing, to a strange address',
      { kind: 'email', address: 'a!b@example.org', subject: '', content: 'Hi' },
      {},
      'Shall I e-mail a another sign b at example dot org, about nothing: Hi, 1 word?',
    ],
    [
      'a search',
      { kind: 'search', content: 'weather in Bath' },
      {},
      'Shall I search the web for: weather in Bath, 3 words?',
    ],
    [
      'a new event',
      { kind: 'createEvent', event },
      {},
      'Shall I add Dentist to your calendar, Tuesday, 24 November 2026, 10:30 AM to 11 AM, London time?',
    ],
    [
      'an event without title and end, at noon',
      {
        kind: 'createEvent',
        event: { title: '""', start: '2026-01-04T12:00', timeZone: 'America/New_York' },
      },
      {},
      'Shall I add an event without a title to your calendar, Sunday, 4 January 2026, noon, New York time?',
    ],
    [
      'an event into another day, from midnight',
      {
        kind: 'cancelEvent',
        event: { title: 'Trip', start: '2026-12-31T00:00', end: '2027-01-01T13:05', timeZone: 'UTC' },
      },
      {},
      'Shall I take Trip, Thursday, 31 December 2026, midnight to Friday, 1 January 2027, 1:05 PM, UTC time, out of your calendar?',
    ],
    [
      'another time',
      { kind: 'updateEvent', event, change: { start: '2026-11-25T12:30' } },
      {},
      'Shall I update Dentist, Tuesday, 24 November 2026, 10:30 AM to 11 AM, London time, to Wednesday, 25 November 2026, 12:30 PM, London time?',
    ],
    [
      'another end',
      { kind: 'updateEvent', event, change: { end: '2026-11-24T12:15' } },
      {},
      'Shall I update Dentist, Tuesday, 24 November 2026, 10:30 AM to 11 AM, London time, to Tuesday, 24 November 2026, 10:30 AM to 12:15 PM, London time?',
    ],
    [
      'another title and zone',
      { kind: 'updateEvent', event, change: { title: 'Doctor', timeZone: 'Europe/Madrid' } },
      {},
      'Shall I update Dentist, Tuesday, 24 November 2026, 10:30 AM to 11 AM, London time, to Doctor, Tuesday, 24 November 2026, 10:30 AM to 11 AM, Madrid time?',
    ],
    [
      'a change that is none',
      {
        kind: 'updateEvent',
        event: { title: 'Dentist', start: '2026-11-24T10:30', timeZone: 'UTC' },
        change: {},
      },
      {},
      'Shall I update Dentist, Tuesday, 24 November 2026, 10:30 AM, UTC time, to the same, UTC time?',
    ],
  ] as const satisfies readonly (readonly [string, Errand, Partial<QuestionContext>, string])[])(
    'asks about %s',
    (...[, errand, context, text]) => {
      expect(first(errand, context)).toBe(`${text} ${keys}`)
    },
  )

  it('reads the whole number of a first destination digit by digit, and lets the owner answer for it', () => {
    const once = { isFirstDestination: true, name: 'Ann' }
    expect(first({ kind: 'call', number, content: 'Hi' }, once)).toBe(
      `Shall I call Ann, for the first time, 1, 4 1 5, 5 5 5, 0 1 2 3: Hi, 1 word? With a yes you tell me that they expect this call or are a business. ${keys}`,
    )
    const expected = 'With a yes you tell me that they expect this message or are a business.'
    expect(first({ kind: 'sms', number, content: 'Hi' }, once)).toContain(expected)
    expect(first({ kind: 'email', address: 'a@b.example', subject: 'x', content: 'Hi' }, once)).toContain(
      expected,
    )
    const others: readonly Errand[] = [
      { kind: 'search', content: 'Hi' },
      { kind: 'createEvent', event },
      { kind: 'updateEvent', event, change: {} },
      { kind: 'cancelEvent', event },
    ]
    for (const errand of others) expect(first(errand, once)).toBe(first(errand))
  })

  it('says where tainted things came from, each once', () => {
    const errand = { kind: 'sms', number, content: 'Hi' } as const
    expect(first(errand, { taint: ['eMail'] })).toMatch(/^This came from an e-mail\. Shall I /)
    expect(first(errand, { taint: ['webPage', 'calendar', 'webPage', 'message'] })).toMatch(
      /^This came from a web page and a calendar entry and a message\. Shall I /,
    )
    expect(first(errand, { taint: ['eMail'], destinationFrom: 'eMail' })).toMatch(
      /^This came from an e-mail\. The recipient is only known from an e-mail\. Shall I /,
    )
    expect(first(errand, { destinationFrom: 'webPage' })).toMatch(
      /^The recipient is only known from a web page\. /,
    )
  })

  it('reads the first twelve words, with three legs the first sixty, and says how many there are', () => {
    const errand = { kind: 'sms', number, content: words.join(' ') } as const
    expect(first(errand)).toContain(`: ${words.slice(0, 12).join(' ')} and so on, 70 words?`)
    expect(first(errand, { hasThreeLegs: true })).toContain(
      `: ${words.slice(0, 60).join(' ')} and so on, 70 words?`,
    )
    expect(first({ ...errand, content: words.slice(0, 12).join(' ') })).toContain(' word12, 12 words?')
  })

  it('puts the same errand in other words the second time, and on the keypad the third', () => {
    const errand = { kind: 'sms', number, content: 'Hi' } as const
    const asked = 'Shall I text 1 415 555 0123: Hi, 1 word?'
    expect(questionsFor(errand, plain)).toEqual([
      `${asked} ${keys}`,
      `Let me ask once more. ${asked} Say just yes or no, or press 1 for yes, 2 for no.`,
      `Please answer on the keypad. ${asked} Press 1 for yes, or 2 for no.`,
    ])
  })

  it('names only the ways in which it can be answered', () => {
    const errand = { kind: 'sms', number, content: 'Hi' } as const
    const asked = 'Shall I text 1 415 555 0123: Hi, 1 word?'
    const byKeys = `Please answer on the keypad. ${asked} Press 1 for yes, or 2 for no.`
    expect(questionsFor(errand, { ...plain, answer: 'keypad' })).toEqual([
      `${asked} Press 1 for yes, or 2 for no.`,
      byKeys,
      byKeys,
    ])
    const byReply = `Let me ask once more. ${asked} Reply just yes or no.`
    expect(questionsFor(errand, { ...plain, answer: 'text' })).toEqual([
      `${asked} Reply yes or no.`,
      byReply,
      byReply,
    ])
  })

  it('throws for a time that is none', () => {
    for (const start of ['soon', '2026-02-30T10:00', '2026-11-24T10:30Z'])
      expect(() => first({ kind: 'createEvent', event: { ...event, start } })).toThrow(RangeError)
  })

  it('is one question without quotation marks, whatever strangers wrote into it', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.string({
        unit: fc.constantFrom('"', '”', '?', '!', '.', ' ', '\n', 'a', '\u202e', '\\'),
        maxLength: 60,
      }),
    )
    fc.assert(
      fc.property(text, text, (content, name) => {
        const errands: readonly Errand[] = [
          { kind: 'sms', number, content },
          { kind: 'email', address: content, subject: name, content },
          { kind: 'createEvent', event: { ...event, title: content } },
        ]
        for (const errand of errands) {
          for (const question of questionsFor(errand, { ...plain, name })) {
            expect(question).not.toMatch(/["“”„«»\\\p{C}]|[?!].*[?!]/u)
            expect(question).toMatch(/\? (Say|Press) .*\.$/)
            expect(question.length).toBeLessThan(1_500)
          }
        }
        expect(first({ kind: 'sms', number, content }, { name })).toContain('0123')
      }),
      { seed: 5, numRuns: 300 },
    )
  })
})

describe('numbers in questions', () => {
  it('have the groups of their country, and their last four digits', () => {
    expect(numberInGroups('+442079460123')).toBe('44 20 7946 0123')
    expect(numberInDigits('+442079460123')).toBe('4 4, 2 0, 7 9 4 6, 0 1 2 3')
    expect(numberInGroups('+33612345678')).toBe('33 6 12 34 5678')
    expect(numberInGroups('+4915112345678')).toBe('49 1511 234 5678')
    expect(numberInGroups('+34911234567')).toBe('34 911 23 4567')
    expect(numberInGroups('+999123456789')).toBe('99912345 6789')
  })
})

describe('plainLine()', () => {
  it('takes time in proportion to the text', () => {
    const started = process.cpuUsage()
    for (const text of [
      '.'.repeat(50_000),
      `${'.'.repeat(50_000)}x`,
      '. '.repeat(50_000),
      '"'.repeat(50_000),
    ])
      plainLine(text)
    const used = process.cpuUsage(started)
    expect(used.user + used.system).toBeLessThan(500_000)
  })

  it('cuts at 80 characters and never through one', () => {
    expect(plainLine('😀'.repeat(100))).toBe('😀'.repeat(80))
  })
})

describe('sentences', () => {
  it('say what was not asked, and how a PIN is entered', () => {
    expect(notAskedSentence('send_sms')).toBe(
      'I could not ask you about the text message, so I have not done it.',
    )
    expect(notAskedSentence('fly')).toBe('I could not ask you about that, so I have not done it.')
    expect(pinPrompt).toMatch(/PIN .* pound key/)
  })
})
