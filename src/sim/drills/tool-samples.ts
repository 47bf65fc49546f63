import { changeFits, newEventFits } from './event-oracle.ts'

/** A tool as this world knows it: what it takes, from whom, and arguments that are good. */
export type ToolSample = {
  readonly isHigh: boolean
  /** The least strength of who may have it. */
  readonly from: number
  readonly isEffect?: boolean
  readonly samples: readonly Readonly<Record<string, unknown>>[]
  /** Fields by name; those of `optional` may be missing. */
  readonly fields: Readonly<Record<string, (value: unknown) => boolean>>
  readonly optional?: readonly string[]
  /** What the fields must be together. */
  readonly together?: (input: Readonly<Record<string, unknown>>) => boolean
  /** What good arguments must be as things stand, or nobody is asked about them. */
  readonly fits?: (input: Readonly<Record<string, unknown>>) => boolean
}

const zones = ['Europe/London', 'America/New_York']
const event = { title: 'Dentist, Dr. Zoë', start: '2030-11-26T10:30', time_zone: 'Europe/London' }

/** Written from what the tools are for, not from their schemas. */
export const toolSamples: Readonly<Record<string, ToolSample>> = {
  make_call: {
    isHigh: true,
    from: 1,
    samples: [{ to_number: '+442079460001', purpose: 'Book a table for two' }],
    fields: { to_number: isNumber, purpose: isText(500) },
  },
  send_sms: {
    isHigh: true,
    from: 1,
    samples: [{ to_number: '+14155550123', body: 'On my way\nsee you' }],
    fields: { to_number: isNumber, body: isText(1_000) },
  },
  send_email: {
    isHigh: true,
    from: 1,
    samples: [{ to: 'ann@example.org', subject: 'Hello', body: 'Two\nlines' }],
    fields: { to: isAddress, subject: isLine(200), body: isText(5_000) },
  },
  list_emails: {
    isHigh: false,
    from: 2,
    samples: [{ max_emails: 20 }, { max_emails: 1, only_unread: true }],
    fields: { max_emails: isWhole(1, 20), only_unread: isBoolean },
    optional: ['only_unread'],
  },
  read_email: { isHigh: false, from: 2, samples: [{ email_id: 'a-1_B' }], fields: { email_id: isId } },
  web_research: {
    isHigh: false,
    from: 1,
    samples: [{ query: 'When does the museum open?' }],
    fields: { query: isText(400) },
  },
  calendar_create_event: {
    isHigh: true,
    from: 1,
    samples: [event, { ...event, end: '2030-11-26T11:00' }, { ...event, start: '2020-11-24T10:30' }],
    fields: { title: isLine(120), start: isTime, end: isTime, time_zone: isZone },
    optional: ['end'],
    together: (input) => endsLater(input) && areOnTheClock(input),
    fits: newEventFits,
  },
  calendar_list_upcoming: {
    isHigh: false,
    from: 2,
    samples: [{ days: 62 }],
    fields: { days: isWhole(1, 62) },
  },
  calendar_update_event: {
    isHigh: true,
    from: 1,
    samples: [
      { event_id: 'e1', start: '2032-02-29T12:00', end: '2032-02-29T12:01' },
      { event_id: 'e1', end: '2030-11-26T09:00' },
      { event_id: 'e1', start: '2031-03-30T01:30' },
    ],
    fields: { event_id: isId, title: isLine(120), start: isTime, end: isTime, time_zone: isZone },
    optional: ['title', 'start', 'end', 'time_zone'],
    together: (input) => Object.keys(input).length > 1 && endsLater(input) && areOnTheClock(input),
    fits: changeFits,
  },
  calendar_cancel_event: { isHigh: true, from: 1, samples: [{ event_id: 'e1' }], fields: { event_id: isId } },
  take_message: {
    isHigh: false,
    from: 0,
    isEffect: true,
    samples: [{ message: 'Call me back', caller_name: 'Ann', call_back: 'in the evening' }],
    fields: { message: isText(1_000), caller_name: isLine(80), call_back: isLine(80) },
    optional: ['caller_name', 'call_back'],
  },
  find_contact: { isHigh: false, from: 2, samples: [{ name: 'Ann' }], fields: { name: isLine(80) } },
  end_call: { isHigh: false, from: 0, samples: [{}], fields: {} },
}

function isText(most: number): (value: unknown) => boolean {
  return (value) =>
    typeof value === 'string' &&
    value.length <= most &&
    /\S/.test(value) &&
    value.isWellFormed() &&
    Array.from(value).every((sign) => sign === '\n' || sign === '\t' || isPlain(sign))
}

function isLine(most: number): (value: unknown) => boolean {
  const isShort = isText(most)
  return (value) => isShort(value) && typeof value === 'string' && Array.from(value).every(isPlain)
}

function isPlain(sign: string): boolean {
  const code = sign.codePointAt(0) ?? 0
  return code >= 0x20 && !(code >= 0x7f && code <= 0x9f) && code !== 0x2028 && code !== 0x2029
}

function isNumber(value: unknown): boolean {
  if (typeof value !== 'string' || value[0] !== '+' || value[1] === '0') return false
  const digits = value.slice(1)
  return digits.length >= 7 && digits.length <= 15 && consistsOf(digits, '0123456789')
}

function isId(value: unknown): boolean {
  if (typeof value !== 'string' || value.length === 0 || value.length > 64) return false
  return consistsOf(value.toLowerCase(), 'abcdefghijklmnopqrstuvwxyz0123456789-_') && isAscii(value)
}

function isAddress(value: unknown): boolean {
  if (typeof value !== 'string' || value.length > 254 || !isAscii(value)) return false
  const [name = '', domain = '', ...more] = value.toLowerCase().split('@')
  const letters = 'abcdefghijklmnopqrstuvwxyz0123456789-'
  const labels = domain.split('.')
  return (
    more.length === 0 &&
    name.length >= 1 &&
    name.length <= 64 &&
    consistsOf(name, `${letters}._%+`) &&
    labels.length >= 2 &&
    labels.length <= 9 &&
    labels.every((label) => label.length >= 1 && label.length <= 63 && consistsOf(label, letters))
  )
}

function isTime(value: unknown): boolean {
  if (typeof value !== 'string' || value.length !== 16) return false
  const shape = value.replaceAll(/[0-9]/g, '0')
  if (shape !== '0000-00-00T00:00') return false
  const [year = 0, month = 0, day = 0, hour = 24, minute = 60] = value.split(/[-T:]/).map(Number)
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  const days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0
  return year > 0 && day >= 1 && day <= days && hour < 24 && minute < 60
}

/** Names of zones mean the same in capitals. */
function isZone(value: unknown): boolean {
  return typeof value === 'string' && zones.some((zone) => zone.toLowerCase() === value.toLowerCase())
}

function isWhole(least: number, most: number): (value: unknown) => boolean {
  return (value) => Number.isInteger(value) && Number(value) >= least && Number(value) <= most
}

function isBoolean(value: unknown): boolean {
  return value === true || value === false
}

function endsLater({ start, end }: Readonly<Record<string, unknown>>): boolean {
  return typeof start !== 'string' || typeof end !== 'string' || end > start
}

/** Whether the clocks of a zone show times once: not while they are put forward or back. */
function areOnTheClock({ start, end, time_zone: zone }: Readonly<Record<string, unknown>>): boolean {
  if (typeof zone !== 'string') return true
  return [start, end].every((time) => typeof time !== 'string' || isOnTheClock(time, zone))
}

function isOnTheClock(time: string, zone: string): boolean {
  try {
    return Temporal.PlainDateTime.from(time).toZonedDateTime(zone, { disambiguation: 'reject' }) !== undefined
  } catch {
    return false
  }
}

function isAscii(text: string): boolean {
  return Array.from(text).every((sign) => (sign.codePointAt(0) ?? 0) < 0x80)
}

function consistsOf(text: string, signs: string): boolean {
  return Array.from(text).every((sign) => signs.includes(sign))
}
