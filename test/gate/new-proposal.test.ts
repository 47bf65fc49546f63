import { describe, expect, it } from 'vitest'
import { consentLexicons } from '../../src/policy/consent.ts'
import { AtGate, sms } from './at-gate.ts'

const startsAtMs = Date.UTC(2026, 10, 24, 10, 30)
const times = { start: '2026-11-24T10:30', startsAtMs, endsAtMs: startsAtMs + 3_600_000 }
const dentist = { title: 'Dentist', timeZone: 'Europe/London', ...times }

/** What the model hears when it asks for an event to be cancelled. */
async function cancelledAt(at: AtGate, event: AtGate['event']): Promise<unknown> {
  at.event = event
  const proposed = at.propose('calendar_cancel_event', { event_id: 'e1' })
  await at.quiet()
  at.clock.advance(2_000)
  return JSON.parse((await proposed).output)
}

describe('a question about an event', () => {
  it('reads out what the calendar holds', async () => {
    await using at = await AtGate.open()
    expect(await cancelledAt(at, async () => dentist)).toMatchObject({ status: 'confirmation_required' })
    expect(at.question().text).toMatch(/Shall I take Dentist, Tuesday, 24 November 2026/)
  })

  it('is not put about times that an event cannot have: the model is told why', async () => {
    await using at = await AtGate.open()
    const event = {
      title: 'Dentist',
      start: '2019-03-04T10:00',
      end: '2019-03-04T11:00',
      time_zone: 'Europe/London',
    }
    const { output } = await at.propose('calendar_create_event', event)
    expect(JSON.parse(output)).toMatchObject({
      status: 'invalid_arguments',
      reason: expect.stringMatching(/^startsInThePast: /) as unknown,
    })
    expect(at.line.asked).toEqual([])
  })

  it.each<[string, AtGate['event'], string]>([
    ['the calendar does not know it', async () => undefined, 'noQuestion'],
    ['the calendar fails', () => Promise.reject(new Error('No calendar')), 'noQuestion'],
    ['the calendar takes too long', () => Promise.withResolvers<never>().promise, 'noQuestion'],
    ['its time is none', async () => ({ ...dentist, start: 'soon' }), 'noQuestion'],
    [
      'it cannot even be read',
      async () => ({
        ...dentist,
        get title(): never {
          throw new Error('No title')
        },
      }),
      'internal',
    ],
  ])('is not put when %s', async (_when, event, reason) => {
    await using at = await AtGate.open()
    expect(await cancelledAt(at, event)).toMatchObject({ status: 'refused', reason })
    expect(at.line.asked).toEqual([])
  })
})

describe('a question', () => {
  it('names the keypad alone where speech is not transcribed', async () => {
    const lexicons = consentLexicons(['en'])
    const desk = { channel: 'voice', ttlMs: 30_000, transcribes: false, hasVoice: false, lexicons } as const
    await using at = await AtGate.open({ desk })
    await at.propose('send_sms', sms)
    expect(at.question().text).toMatch(/\? Press 1 for yes, or 2 for no\.$/)
  })

  it('that fails while it is put is put again', async () => {
    await using at = await AtGate.open()
    const { line } = at
    const ask = line.ask.bind(line)
    line.ask = (question) => {
      ask(question)
      if (question.attempt === 1) at.gate.feed({ kind: 'questionFailed', id: question.id, attempt: 1 })
    }
    await at.propose('send_sms', sms)
    expect(line.asked.map(({ attempt }) => attempt)).toEqual([1, 2])
    at.hear()
    at.say('Yes.')
    await at.quiet()
    expect(at.count('send_sms')).toBe(1)
  })
})
