import { assert, constantFrom, integer, property, record } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { contradictionsIn, type ToldResult } from '../../src/policy/contradictions.ts'

const event: ToldResult = {
  status: 'done',
  text: '{"event_id":"event_x0a1b2c3d4e5f60718293a4b5","start":"2026-11-24T10:30","end":"2026-11-24T11:00","time_zone":"Europe/London","conflicts":[]}',
}
const research: ToldResult = {
  status: 'done',
  text: '{"answer":"A ticket costs $12.50, for children 7 euros. Call 020 7946 0100. Open from 9 a.m. to 5:30 p.m., closed on Mondays.","sources":[]}',
}

const empty: ToldResult = { status: 'empty', text: '{"status":"done","empty":"Nothing was found."}' }
const failed: ToldResult = { status: 'failed', text: '' }

function two(value: number): string {
  return String(value).padStart(2, '0')
}

function kinds(transcript: string, result: ToldResult): readonly string[] {
  return contradictionsIn(transcript, result).map(({ kind, said }) => `${kind} ${said}`)
}

describe('contradictionsIn()', () => {
  it.each([
    ['It is in your calendar: Tuesday, November 24th, from 10:30 to 11.', event],
    ['Done. The dentist is on the 24th of November at half past ten.', event],
    ['I have added it for ten thirty a.m. on Tuesday.', event],
    ['Added, 10.30 until eleven o’clock.', event],
    ['That is 24 Nov at 10:30 AM, London time.', event],
    ['Shall I make it eleven thirty instead?', event],
    ['I have not put it at eleven thirty.', event],
    ['A ticket costs 12.50 dollars, and 7 euros for children.', research],
    ['It costs $12.50. The number is 020 7946 0100.', research],
    ['You can call them on +44 20 7946 0100.', research],
    ['They are open from nine a.m. to half past five.', research],
    ['They are closed on Mondays.', research],
    ['It ends at a quarter to eleven.', { status: 'done', text: '{"end":"2026-11-24T10:45"}' }],
    ['It ends at twenty past ten.', { status: 'done', text: '{"end":"2026-11-24T10:20"}' }],
    ['Nothing was sent; the number is wrong.', { status: 'failed', text: '' }],
    ['I could not send it. I am sorry.', { status: 'failed', text: '' }],
    ["It wasn't sent.", { status: 'refused', text: '' }],
    ['I will ask you in a moment.', { status: 'waits', text: '' }],
    ['I am not sure whether it was sent.', { status: 'unknown', text: '' }],
    ['The weather is fine, and it is half past nine on Friday.', { status: 'done', text: '{"kept":true}' }],
    ['', event],
    ['There is nothing in your calendar on Tuesday at 3 pm.', empty],
    ['You are free at 3 pm, and all of Tuesday is clear.', empty],
    ["It's half past nine now.", empty],
    ['I can look again at 5 pm.', failed],
    ['You have asked for 3 pm on +1 415 555 0123.', { ...failed, heard: 'Text 415-555-0123 about 3 p.m.' }],
    ['I found nothing under that name.', empty],
    ['Let me see.', failed],
    ['They are open until midnight.', { status: 'done', text: '{"end":"2026-11-24T00:00"}' }],
    ['It is at 0:30.', { status: 'done', text: '{"start":"2026-11-24T00:30"}' }],
    ['It ends at twenty to eleven p.m.', { status: 'done', text: '{"end":"2026-11-24T22:40"}' }],
    ['It is at half past 10 a.m.', event],
    ['It ends at eleven ten a.m.', { status: 'done', text: '{"end":"2026-11-24T11:10"}' }],
    [
      'Ticket 45:10 is for the 39th of November.',
      { status: 'done', text: '2026-11-24T10:30 and 2026-00-41' },
    ],
    ['It costs $99999999999999999999.', { status: 'done', text: '$12' }],
    ['It is on the 30th of November.', { status: 'done', text: '2026-11-30' }],
  ] as const)('finds nothing in %j', (transcript, result) => {
    expect(contradictionsIn(transcript, result)).toEqual([])
  })

  it.each([
    ['It is in your calendar for eleven thirty.', event, ['time eleven thirty']],
    ['Booked for 10:30 p.m.', event, ['time 10:30 p.m.']],
    ['Booked for 22:30.', event, ['time 22:30']],
    ['It is at a quarter to eleven.', event, ['time a quarter to eleven']],
    ['It is at noon.', event, ['time noon']],
    ['It is on November 25th at 10:30.', event, ['day november 25th']],
    ['It is on the 23rd of November.', event, ['day 23rd of november']],
    ['See you on Wednesday at 10:30.', event, ['weekday wednesday']],
    ['A ticket costs 15 dollars.', research, ['sum 15 dollars']],
    ['A ticket costs €12,05.', research, ['sum €12,05']],
    ['Their number is 020 7946 0101.', research, ['number 020 7946 0101']],
    ['They are open until 6 p.m.', research, ['time 6 p.m.']],
    ['I have sent it.', { status: 'failed', text: '' }, ['status i have sent']],
    ['I’ve booked the table.', { status: 'waits', text: '' }, ["status i've booked"]],
    ['All done!', { status: 'refused', text: '' }, ['status all done']],
    ['The message has been sent.', { status: 'unknown', text: '' }, ['status the message has been sent']],
    [
      'Done. It is in your calendar.',
      { status: 'unknown', text: '' },
      ['status done', 'status it is in your calendar'],
    ],
    ['Your text went out to Ann.', failed, ['status your text went out']],
    ['Ann has received your message.', failed, ['status has received your message']],
    ["I've let Ann know.", failed, ["status i've let ann know"]],
    ['The message was successfully sent.', failed, ['status the message was successfully sent']],
    ['You have a meeting with Bob at 3 pm.', empty, ['time 3 pm.']],
    ["Ann's number is +1 415 555 0123.", empty, ['number +1 415 555 0123']],
    ['They open at nine a.m. and a ticket costs $40.', failed, ['time nine a.m.', 'sum $40']],
    ['It is at 4 pm.', { ...empty, heard: 'Am I busy at 3 pm?' }, ['time 4 pm.']],
    ['I found two contacts.', { status: 'empty', text: '' }, ['status i found']],
  ] as const)('finds in %j what the result does not bear out', (transcript, result, found) => {
    expect(kinds(transcript, result)).toEqual(found)
  })

  it('says what stands instead', () => {
    expect(contradictionsIn('It is at eleven thirty.', event)).toEqual([
      { kind: 'time', said: 'eleven thirty', stands: ['10:30', '11:00'] },
    ])
    expect(contradictionsIn('I sent it.', { status: 'failed', text: '' })).toEqual([
      { kind: 'status', said: 'i sent', stands: ['failed'] },
    ])
  })

  const moment = record({
    month: integer({ min: 1, max: 12 }),
    day: integer({ min: 1, max: 28 }),
    hour: integer({ min: 0, max: 23 }),
    minute: constantFrom(0, 5, 10, 15, 30, 45),
    cents: integer({ min: 1, max: 999_999 }),
  })
  type Moment = { month: number; day: number; hour: number; minute: number; cents: number }
  const names = 'January February March April May June July August September October November December'.split(
    ' ',
  )
  const written = ({ month, day, hour, minute, cents }: Moment): ToldResult => ({
    status: 'done',
    text: JSON.stringify({
      start: `2027-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}`,
      price: `$${(cents / 100).toFixed(2)}`,
    }),
  })
  const spoken = ({ month, day, hour, minute, cents }: Moment): string => {
    const clock = `${hour % 12 === 0 ? 12 : hour % 12}:${two(minute)} ${hour < 12 ? 'a.m.' : 'p.m.'}`
    const weekday = new Date(Date.UTC(2027, month - 1, day)).toLocaleDateString('en', {
      weekday: 'long',
      timeZone: 'UTC',
    })
    return `It is on ${weekday}, ${names[month - 1]} ${day}, at ${clock} and costs $${(cents / 100).toLocaleString('en')}.`
  }

  it('finds nothing in what is true, however it is said, and every single thing that is not', () => {
    assert(
      property(moment, moment, (one, other) => {
        expect(contradictionsIn(spoken(one), written(one))).toEqual([])
        const said = { ...one, hour: (one.hour + 1) % 24 }
        expect(kinds(spoken(said), written(one)).map((found) => found.split(' ')[0])).toEqual(['time'])
        const dearer = { ...one, cents: one.cents === other.cents ? one.cents + 1 : other.cents }
        expect(kinds(spoken(dearer), written(one)).map((found) => found.split(' ')[0])).toEqual(['sum'])
        const later = { ...one, day: (one.day % 28) + 1 }
        expect(kinds(spoken(later), written(one)).map((found) => found.split(' ')[0])).toEqual([
          'day',
          'weekday',
        ])
      }),
      { numRuns: 1_000, seed: 13 },
    )
  })

  it.each([
    '1 '.repeat(40_000),
    '10:30 '.repeat(10_000),
    'a'.repeat(80_000),
    '- . '.repeat(20_000),
    '1,'.repeat(40_000),
  ])('answers soon for a long text', (text) => {
    const started = performance.now()
    expect(contradictionsIn(text, event).length).toBeLessThanOrEqual(8)
    expect(performance.now() - started).toBeLessThan(2_000)
  })
})
