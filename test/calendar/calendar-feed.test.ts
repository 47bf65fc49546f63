import { array, assert, constantFrom, integer, property, record, string } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { calendarFeed } from '../../src/calendar/calendar-feed.ts'
import type { EventRecord } from '../../src/ports/agenda.ts'

const startsAtMs = Date.UTC(2026, 10, 24, 10, 30)
const dentist: EventRecord = {
  eventId: 'event_xabc',
  title: 'Dentist',
  startsAtMs,
  endsAtMs: startsAtMs + 1_800_000,
  timeZone: 'Europe/London',
  state: 'confirmed',
  version: 3,
  createdAtMs: startsAtMs - 86_400_000,
  updatedAtMs: startsAtMs - 3_600_000,
}

/** Reads a feed by the rules of RFC 5545 alone: unfolds lines, and takes each apart. */
function linesOf(feed: string): readonly (readonly [name: string, value: string])[] {
  expect(feed.endsWith('\r\n')).toBe(true)
  expect(feed.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/)
  for (const line of feed.split('\r\n')) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(75)
  return feed
    .slice(0, -2)
    .replaceAll('\r\n ', '')
    .split('\r\n')
    .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)] as const)
}

/** The text that a value stands for. */
function textOf(value: string): string {
  expect(value.replaceAll(/\\[\\;,nN]/g, '')).not.toMatch(/[\\;,]/)
  return value.replaceAll(/\\([\\;,nN])/g, (_all, sign: string) => (sign.toLowerCase() === 'n' ? '\n' : sign))
}

function eventsOf(feed: string): readonly ReadonlyMap<string, string>[] {
  const events: Map<string, string>[] = []
  for (const [name, value] of linesOf(feed)) {
    if (name === 'BEGIN' && value === 'VEVENT') events.push(new Map())
    else events.at(-1)?.set(name, value)
  }
  return events
}

const event = record({
  eventId: string({ unit: constantFrom('a', 'Z', '0', '_', '-'), minLength: 1, maxLength: 64 }),
  title: string({ unit: 'binary', maxLength: 200 }),
  startsAtMs: integer({ min: 0, max: 4_000_000_000_000 }),
  lastsMs: integer({ min: 0, max: 10_000_000 }),
  state: constantFrom('confirmed' as const, 'cancelled' as const),
  version: integer({ min: 1, max: 999 }),
})

describe('calendarFeed()', () => {
  it('writes an event as others read it', () => {
    expect(calendarFeed('Mine', [dentist]).split('\r\n')).toEqual([
      'BEGIN:VCALENDAR',
      'VERSION:2.0',
      'PRODID:-//Consigliere//Calendar//EN',
      'CALSCALE:GREGORIAN',
      'X-WR-CALNAME:Mine',
      'BEGIN:VEVENT',
      'UID:event_xabc@consigliere',
      'DTSTAMP:20261124T093000Z',
      'CREATED:20261123T103000Z',
      'LAST-MODIFIED:20261124T093000Z',
      'SEQUENCE:2',
      'DTSTART:20261124T103000Z',
      'DTEND:20261124T110000Z',
      'SUMMARY:Dentist',
      'STATUS:CONFIRMED',
      'END:VEVENT',
      'END:VCALENDAR',
      '',
    ])
  })

  it('says of a cancelled event that it is, and of one without length no end', () => {
    const [cancelled] = eventsOf(
      calendarFeed('x', [{ ...dentist, state: 'cancelled', endsAtMs: startsAtMs }]),
    )
    expect(cancelled?.get('STATUS')).toBe('CANCELLED')
    expect(cancelled?.has('DTEND')).toBe(false)
  })

  it('keeps what a title says, whatever stands in it, and lets it begin no line', () => {
    const title = 'Lunch; with "Ann", B\\C\r\nEND:VEVENT\u2028x\u0007y 👩‍👩‍👧 ' + 'ü'.repeat(80)
    const [read] = eventsOf(calendarFeed('x', [{ ...dentist, title }]))
    expect(textOf(read?.get('SUMMARY') ?? '')).toBe(
      'Lunch; with "Ann", B\\C\nEND:VEVENT\nx y 👩‍👩‍👧 ' + 'ü'.repeat(80),
    )
    expect(eventsOf(calendarFeed(title, []))).toEqual([])
  })

  it('is read back as it was, for any events', () => {
    assert(
      property(array(event, { maxLength: 5 }), (all) => {
        const written = all.map(({ lastsMs, ...one }) => ({
          ...dentist,
          ...one,
          endsAtMs: one.startsAtMs + lastsMs,
        }))
        const read = eventsOf(calendarFeed('x', written))
        expect(read.map((one) => textOf(one.get('SUMMARY') ?? ''))).toEqual(
          written.map(({ title }) => plain(title)),
        )
        expect(read.map((one) => momentOf(one.get('DTSTART')))).toEqual(
          written.map((one) => second(one.startsAtMs)),
        )
        expect(read.map((one) => momentOf(one.get('DTEND') ?? one.get('DTSTART')))).toEqual(
          written.map((one) => second(one.endsAtMs)),
        )
        expect(read.map((one) => one.get('UID'))).toEqual(
          written.map(({ eventId }) => `${eventId}@consigliere`),
        )
      }),
      { numRuns: 400, seed: 11 },
    )
  })
})

/** A title without what a text cannot hold, as a reader would have it. */
function plain(title: string): string {
  return Array.from(title.toWellFormed().replaceAll('\r\n', '\n'), (sign) => {
    const code = sign.codePointAt(0) ?? 0
    if ([0x0d, 0x85, 0x2028, 0x2029].includes(code)) return '\n'
    const isControl = code < 0x20 || (code >= 0x7f && code <= 0x9f)
    return isControl && sign !== '\n' && sign !== '\t' ? ' ' : sign
  }).join('')
}

function momentOf(value = ''): number {
  const [, year, month, day, hour, minute, rest] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(value) ?? []
  return Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(rest))
}

function second(wallMs: number): number {
  return wallMs - (wallMs % 1_000)
}
