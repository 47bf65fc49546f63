import type { EventRecord } from '../ports/agenda.ts'

/** Octets of a line without its end. */
const MAX_LINE_BYTES = 75

/**
 * The text of a calendar that other programs subscribe to: every event once, also those that were cancelled, with times
 * in UTC.
 * Source: RFC 5545 §3.1 (lines), §3.3.11 (text), §3.6.1 (events)
 */
export function calendarFeed(name: string, events: readonly EventRecord[]): string {
  const lines = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Consigliere//Calendar//EN',
    'CALSCALE:GREGORIAN',
    `X-WR-CALNAME:${textValue(name)}`,
    ...events.flatMap(eventLines),
    'END:VCALENDAR',
  ]
  return lines.map((line) => `${folded(line)}\r\n`).join('')
}

function eventLines(event: EventRecord): readonly string[] {
  const { eventId, title, startsAtMs, endsAtMs, state, version, createdAtMs, updatedAtMs } = event
  const [start, end] = [utcValue(startsAtMs), utcValue(endsAtMs)]
  return [
    'BEGIN:VEVENT',
    `UID:${textValue(eventId)}@consigliere`,
    // Of a published calendar it is when the event was last revised.
    `DTSTAMP:${utcValue(updatedAtMs)}`,
    `CREATED:${utcValue(createdAtMs)}`,
    `LAST-MODIFIED:${utcValue(updatedAtMs)}`,
    `SEQUENCE:${version - 1}`,
    `DTSTART:${start}`,
    // An end must come later than the start: an event of no length has none.
    ...(end > start ? [`DTEND:${end}`] : []),
    `SUMMARY:${textValue(title)}`,
    `STATUS:${state === 'cancelled' ? 'CANCELLED' : 'CONFIRMED'}`,
    'END:VEVENT',
  ]
}

/** A moment in UTC, to the second: `20261124T103000Z`. */
function utcValue(wallMs: number): string {
  const seconds = Math.floor(wallMs / 1_000)
  const instant = Temporal.Instant.fromEpochMilliseconds(seconds * 1_000)
  return instant.toString({ smallestUnit: 'second' }).replace(/[-:]/g, '')
}

/** A text as a value: control characters have no form in one, but line feeds do. */
function textValue(text: string): string {
  return text
    .toWellFormed()
    .replace(/\r\n?|[\u0085\u2028\u2029]/g, '\n')
    .replace(/(?![\n\t])\p{Cc}/gu, ' ')
    .replace(/[\\;,]/g, String.raw`\$&`)
    .replaceAll('\n', String.raw`\n`)
}

/** A line in pieces that are short enough, none of which ends inside a character. */
function folded(line: string): string {
  const pieces: string[] = []
  let piece = ''
  let bytes = 0
  for (const character of line) {
    const more = Buffer.byteLength(character)
    if (bytes + more > MAX_LINE_BYTES) {
      pieces.push(piece)
      piece = ' '
      bytes = 1
    }
    piece += character
    bytes += more
  }
  return [...pieces, piece].join('\r\n')
}
