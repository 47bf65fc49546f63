import { describe, expect, it } from 'vitest'
import { ErrandError, errandOf } from '../../src/policy/errand.ts'

const event = {
  title: 'Dentist',
  start: '2026-11-24T10:30',
  end: '2026-11-24T11:00',
  timeZone: 'Europe/London',
}

describe('errandOf()', () => {
  it.each([
    [
      'make_call',
      { to_number: '+14155550123', purpose: 'Ask' },
      { kind: 'call', number: '+14155550123', content: 'Ask' },
    ],
    [
      'send_sms',
      { to_number: '+14155550123', body: 'Hi' },
      { kind: 'sms', number: '+14155550123', content: 'Hi' },
    ],
    [
      'send_email',
      { to: 'ann@example.org', subject: 'Lunch', body: 'Hi' },
      { kind: 'email', address: 'ann@example.org', subject: 'Lunch', content: 'Hi' },
    ],
    ['web_research', { query: 'weather' }, { kind: 'search', content: 'weather' }],
    [
      'calendar_create_event',
      { title: 'Dentist', start: '2026-11-24T10:30', end: '2026-11-24T11:00', time_zone: 'Europe/London' },
      { kind: 'createEvent', event },
    ],
    [
      'calendar_create_event',
      { title: 'Dentist', start: '2026-11-24T10:30', time_zone: 'UTC' },
      { kind: 'createEvent', event: { title: 'Dentist', start: '2026-11-24T10:30', timeZone: 'UTC' } },
    ],
    [
      'calendar_update_event',
      {
        event_id: '7',
        title: 'Doctor',
        start: '2026-11-25T10:30',
        end: '2026-11-25T11:00',
        time_zone: 'UTC',
      },
      {
        kind: 'updateEvent',
        event,
        change: { title: 'Doctor', start: '2026-11-25T10:30', end: '2026-11-25T11:00', timeZone: 'UTC' },
      },
    ],
    ['calendar_update_event', { event_id: '7' }, { kind: 'updateEvent', event, change: {} }],
    ['calendar_cancel_event', { event_id: '7' }, { kind: 'cancelEvent', event }],
  ])('reads %s', (tool, input, errand) => {
    expect(errandOf(tool, input, event)).toEqual(errand)
  })

  it.each([
    ['an unknown tool', 'fly', {}],
    ['no number', 'make_call', { purpose: 'Ask' }],
    ['a number that is no text', 'send_sms', { to_number: 14_155_550_123, body: 'Hi' }],
    ['a body that is no text', 'send_sms', { to_number: '+14155550123', body: ['Hi'] }],
    ['no time zone', 'calendar_create_event', { title: 'Dentist', start: '2026-11-24T10:30' }],
  ])('throws ErrandError for %s', (_what, tool, input) => {
    expect(() => errandOf(tool, input)).toThrow(ErrandError)
  })

  it.each(['calendar_update_event', 'calendar_cancel_event'])(
    'throws for %s of an event it does not know',
    (tool) => {
      expect(() => errandOf(tool, { event_id: '7' })).toThrow(ErrandError)
    },
  )
})
