import { describe, expect, it } from 'vitest'
import { catalogue } from '../../src/tools/catalogue.ts'
import { readInput } from '../../src/tools/tool-spec.ts'

function read(name: string, input: unknown): boolean {
  const spec = catalogue.find((one) => one.name === name)
  if (!spec) throw new Error(`No ${name}`)
  return readInput(spec.arguments, input).ok
}

const event = { title: 'Dentist', start: '2026-11-24T10:30', time_zone: 'Europe/London' }
const sms = { to_number: '+14155550123', body: 'On my way' }
const mail = { to: 'ann@example.org', subject: 'Hello', body: 'A line\nand another' }

describe('the arguments of a tool', () => {
  it.each<[string, unknown]>([
    ['make_call', { to_number: '+442079460001', purpose: 'Book a table for two' }],
    ['send_sms', sms],
    ['send_email', mail],
    ['list_emails', { max_emails: 5 }],
    ['list_emails', { max_emails: 5, only_unread: true }],
    ['read_email', { email_id: 'a-1' }],
    ['web_research', { query: 'When does the museum open?' }],
    ['calendar_create_event', event],
    ['calendar_create_event', { ...event, end: '2026-11-24T11:00' }],
    ['calendar_create_event', { ...event, time_zone: 'UTC' }],
    ['calendar_list_upcoming', { days: 7 }],
    ['calendar_update_event', { event_id: 'e1', start: '2026-11-24T12:00' }],
    ['calendar_cancel_event', { event_id: 'e1' }],
    ['take_message', { message: 'Call me back' }],
    ['find_contact', { name: 'Zoë' }],
    ['end_call', {}],
  ])('of %s are taken when they are %j', (name, input) => {
    expect(read(name, input)).toBe(true)
  })

  it.each<[string, unknown]>([
    ['send_sms', { ...sms, more: 1 }],
    ['send_sms', { to_number: '+14155550123' }],
    ['send_sms', { ...sms, to_number: '+1 415 555 0123' }],
    ['send_sms', { ...sms, to_number: '+1415555012٣' }],
    ['send_sms', { ...sms, to_number: ['+14155550123'] }],
    ['send_sms', { ...sms, to_number: '+14155550123\n' }],
    ['send_sms', { ...sms, body: 'a\u0000b' }],
    ['send_sms', { ...sms, body: 'a\rb' }],
    ['send_sms', { ...sms, body: '\ud800' }],
    ['send_sms', { ...sms, body: ' \n' }],
    ['send_sms', { ...sms, body: 'x'.repeat(1_001) }],
    ['send_email', { ...mail, subject: 'Hello\nBcc: all@example.org' }],
    ['send_email', { ...mail, to: 'ann@example.org, bob@example.org' }],
    ['send_email', { ...mail, to: 'Ann <ann@example.org>' }],
    ['list_emails', { max_emails: 0 }],
    ['list_emails', { max_emails: '5' }],
    ['list_emails', { max_emails: 5, only_unread: 'yes' }],
    ['read_email', { email_id: '../a' }],
    ['calendar_create_event', { ...event, start: '2026-02-30T10:30' }],
    ['calendar_create_event', { ...event, start: '2026-11-24' }],
    ['calendar_create_event', { ...event, end: '2026-11-24T10:30' }],
    ['calendar_create_event', { ...event, time_zone: 'Europe/Atlantis' }],
    ['calendar_create_event', { ...event, time_zone: 'Etc/GMT+5' }],
    ['calendar_create_event', { ...event, time_zone: 'etc/gmt-3' }],
    ['calendar_update_event', { event_id: 'e1', time_zone: 'Etc/GMT+5' }],
    ['calendar_update_event', { event_id: 'e1' }],
    ['calendar_update_event', { event_id: 'e1', start: '2026-11-24T12:00', end: '2026-11-24T11:00' }],
    ['end_call', { now: true }],
    ['end_call', []],
    ['end_call', null],
    ['end_call', JSON.parse('{"__proto__":{"a":1}}')],
  ])('of %s are refused when they are %j', (name, input) => {
    expect(read(name, input)).toBe(false)
  })

  it('are refused with what to give in place of a zone whose sign is reversed', () => {
    const spec = catalogue.find(({ name }) => name === 'calendar_create_event')
    expect(spec && readInput(spec.arguments, { ...event, time_zone: 'Etc/GMT+5' })).toEqual({
      ok: false,
      reason: 'time_zone: must be the name of a place or UTC: names with Etc/ count the wrong way round',
    })
  })

  it('are refused without a word of what they held', () => {
    const spec = catalogue.find((one) => one.name === 'send_sms')
    const secret = 'hunter2'
    const answer = spec && readInput(spec.arguments, { to_number: secret, body: secret.repeat(200) })
    expect(answer).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/^to_number: .*body: /) as unknown,
    })
    expect(JSON.stringify(answer)).not.toContain(secret)
  })
})
