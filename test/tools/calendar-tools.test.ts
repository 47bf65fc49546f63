import { describe, expect, it } from 'vitest'
import { AtGate } from '../gate/at-gate.ts'
import { cancelEventHandler } from '../../src/tools/calendar-cancel-event.ts'
import { createEventHandler } from '../../src/tools/calendar-create-event.ts'
import { updateEventHandler } from '../../src/tools/calendar-update-event.ts'
import { AtWork } from './at-work.ts'

const dentist = { title: 'Dentist', start: '2026-11-24T10:30', time_zone: 'America/New_York' }
const startsAtMs = Date.UTC(2026, 10, 24, 15, 30)
const hourMs = 3_600_000

async function created(at: AtWork, more: Record<string, string> = {}): Promise<string> {
  const result = await at.run('calendar_create_event', { ...dentist, ...more })
  if (result.kind !== 'done') throw new Error(result.code)
  return String(result.result['event_id'])
}

describe('calendar_create_event', () => {
  it('adds an event at the moment that its zone gives, an hour long when no end is given', async () => {
    await using at = await AtWork.open()
    const result = await at.run('calendar_create_event', dentist)
    expect(result).toEqual({
      kind: 'done',
      result: {
        event_id: expect.stringMatching(/^event_x[a-z0-9]{24}$/) as unknown,
        start: '2026-11-24T10:30',
        end: '2026-11-24T11:30',
        time_zone: 'America/New_York',
        conflicts: [],
      },
    })
    const [event] = await at.records.agenda.between({
      fromMs: 0,
      toMs: 4e12,
      maxEvents: 9,
    })
    expect(event).toMatchObject({ title: 'Dentist', startsAtMs, endsAtMs: startsAtMs + hourMs, version: 1 })
  })

  it('tells what else is at that time, by id and time, without the words of its title', async () => {
    await using at = await AtWork.open()
    const first = await created(at)
    const before = { start: '2026-11-24T09:30', end: '2026-11-24T10:30' }
    expect(await at.run('calendar_create_event', { ...dentist, ...before })).toMatchObject({
      result: { conflicts: [] },
    })
    const second = await at.run('calendar_create_event', {
      title: 'Lunch',
      start: '2026-11-24T16:00',
      time_zone: 'Europe/London',
    })
    expect(second).toMatchObject({
      result: {
        conflicts: [
          {
            event_id: first,
            start: '2026-11-24T10:30',
            end: '2026-11-24T11:30',
            time_zone: 'America/New_York',
          },
        ],
      },
    })
    expect(JSON.stringify(second)).not.toContain('Dentist')
  })

  it.each([
    ['that the clocks skip', '2026-03-29T01:30'],
    ['that comes twice', '2026-10-25T01:30'],
  ])('refuses a time %s before anybody is asked, and says how to give it', async (_what, start) => {
    await using at = await AtWork.open()
    const london = { ...dentist, start, time_zone: 'Europe/London' }
    const read = at.read('calendar_create_event', london)
    expect(read).toEqual({ ok: false, reason: expect.stringContaining('in UTC') as unknown })
    expect(at.read('calendar_create_event', { ...london, time_zone: 'UTC' })).toMatchObject({ ok: true })
  })

  it('refuses what lasts longer than a year', async () => {
    await using at = await AtWork.open()
    const endless = { ...dentist, end: '2028-11-24T10:30' }
    expect(await at.run('calendar_create_event', endless)).toEqual({ kind: 'failed', code: 'tooLong' })
  })

  it('refuses what starts in the past', async () => {
    await using at = await AtWork.open()
    const over = { ...dentist, start: '2025-11-24T10:30' }
    expect(await at.run('calendar_create_event', over)).toEqual({ kind: 'failed', code: 'startsInThePast' })
    expect(await at.records.agenda.between({ fromMs: 0, toMs: 4e12, maxEvents: 9 })).toEqual([])
  })

  it('does nothing when the call is over before it wrote anything', async () => {
    await using at = await AtWork.open()
    const run = at.run('calendar_create_event', dentist, { signal: AbortSignal.abort() })
    expect(await run).toEqual({ kind: 'failed', code: 'cancelled' })
    expect(await at.records.agenda.between({ fromMs: 0, toMs: 4e12, maxEvents: 9 })).toEqual([])
  })
})

describe('calendar_list_upcoming', () => {
  it('lists what goes on and what comes, each in its own zone, and not what was cancelled', async () => {
    await using at = await AtWork.open()
    const eventId = await created(at)
    const gone = await created(at, { title: 'Gone' })
    await at.run('calendar_cancel_event', { event_id: gone })
    await created(at, { title: 'Far away', start: '2027-11-24T10:30' })
    expect(await at.run('calendar_list_upcoming', { days: 62 })).toEqual({
      kind: 'done',
      result: {
        events: [
          {
            title: 'Dentist',
            event_id: eventId,
            start: '2026-11-24T10:30',
            end: '2026-11-24T11:30',
            time_zone: 'America/New_York',
          },
        ],
      },
    })
    expect(await at.run('calendar_list_upcoming', { days: 1 })).toEqual({
      kind: 'done',
      result: { events: [] },
    })
  })

  it('lists forty at most, and says that there are more', async () => {
    await using at = await AtWork.open()
    for (let each = 0; each < 41; each += 1) await created(at)
    const listed = await at.run('calendar_list_upcoming', { days: 62 })
    expect(listed).toMatchObject({ result: { more: true, events: { length: 40 } } })
  })
})

describe('calendar_update_event', () => {
  it.each<[string, Record<string, string>, { startsAtMs: number; endsAtMs: number; timeZone?: string }]>([
    [
      'a new start keeps its length',
      { start: '2026-11-24T12:00' },
      { startsAtMs: startsAtMs + 1.5 * hourMs, endsAtMs: startsAtMs + 2.5 * hourMs },
    ],
    ['a new end', { end: '2026-11-24T12:00' }, { startsAtMs, endsAtMs: startsAtMs + 1.5 * hourMs }],
    [
      'a new zone keeps what the clocks show',
      { time_zone: 'Europe/London' },
      { startsAtMs: startsAtMs - 5 * hourMs, endsAtMs: startsAtMs - 4 * hourMs, timeZone: 'Europe/London' },
    ],
    ['a new title alone', { title: 'Doctor' }, { startsAtMs, endsAtMs: startsAtMs + hourMs }],
  ])('%s', async (_what, change, expected) => {
    await using at = await AtWork.open()
    const eventId = await created(at)
    expect(await at.run('calendar_update_event', { event_id: eventId, ...change })).toMatchObject({
      kind: 'done',
      result: { event_id: eventId, conflicts: [] },
    })
    const title = change['title'] ?? 'Dentist'
    expect(await at.records.agenda.find(eventId)).toMatchObject({ title, version: 2, ...expected })
  })

  it('reads new times in the zone of the event, and says when they are none there', async () => {
    await using at = await AtWork.open()
    const eventId = await created(at)
    const skipped = { event_id: eventId, start: '2026-03-08T02:30' }
    expect(await at.run('calendar_update_event', skipped)).toEqual({
      kind: 'failed',
      code: 'timeSkippedByClocks',
    })
    const twice = { event_id: eventId, start: '2026-11-01T01:30' }
    expect(await at.run('calendar_update_event', twice)).toEqual({ kind: 'failed', code: 'timeComesTwice' })
    const early = { event_id: eventId, end: '2026-11-24T09:00' }
    expect(await at.run('calendar_update_event', early)).toEqual({ kind: 'failed', code: 'endsBeforeStart' })
    expect(await at.records.agenda.find(eventId)).toMatchObject({ version: 1, startsAtMs })
  })

  it('moves nothing into the past, and leaves what has begun where it is', async () => {
    await using at = await AtWork.open()
    const eventId = 'event_abcdefgh'
    const began = { startsAtMs: Date.UTC(2026, 10, 20, 5), endsAtMs: Date.UTC(2026, 10, 20, 23) }
    const event = { eventId, title: 'Fair', ...began, timeZone: 'Europe/London', createdAtMs: 0 }
    await at.records.agenda.insert(event)
    const earlier = { event_id: eventId, start: '2026-11-20T04:00' }
    expect(await at.run('calendar_update_event', earlier)).toEqual({
      kind: 'failed',
      code: 'startsInThePast',
    })
    const longer = { event_id: eventId, title: 'Long fair', end: '2026-11-20T23:30' }
    expect(await at.run('calendar_update_event', longer)).toMatchObject({ kind: 'done' })
    expect(await at.records.agenda.find(eventId)).toMatchObject({ title: 'Long fair', version: 2 })
  })

  it('leaves an event alone that is not of the version that was asked about, or not there', async () => {
    await using at = await AtWork.open()
    const eventId = await created(at)
    await at.run('calendar_update_event', { event_id: eventId, title: 'Doctor' })
    for (const tool of ['calendar_update_event', 'calendar_cancel_event']) {
      const input =
        tool === 'calendar_cancel_event' ? { event_id: eventId } : { event_id: eventId, title: 'x' }
      expect(await at.run(tool, input, { eventVersion: 1 })).toEqual({ kind: 'failed', code: 'changed' })
      const unknown = { ...input, event_id: 'event_unknown' }
      expect(await at.run(tool, unknown)).toEqual({ kind: 'failed', code: 'noSuchEvent' })
    }
    expect(await at.records.agenda.find(eventId)).toMatchObject({
      title: 'Doctor',
      version: 2,
      state: 'confirmed',
    })
    expect(await at.run('calendar_cancel_event', { event_id: eventId }, { eventVersion: 2 })).toMatchObject({
      kind: 'done',
      result: { event_id: eventId, cancelled: true },
    })
  })
})

describe('times that an event cannot have', () => {
  const event = { eventId: 'event_abcdefgh', title: 'Dentist', startsAtMs, endsAtMs: startsAtMs + hourMs }
  const [create, update] = ['calendar_create_event', 'calendar_update_event']

  it.each<[string, string, Record<string, string>]>([
    ['startsInThePast', create, { ...dentist, start: '2019-03-05T10:00' }],
    ['tooLong', create, { ...dentist, end: '2028-11-24T10:30' }],
    ['startsInThePast', update, { event_id: event.eventId, start: '2026-11-19T10:00' }],
    ['endsBeforeStart', update, { event_id: event.eventId, end: '2026-11-24T09:00' }],
    ['timeSkippedByClocks', update, { event_id: event.eventId, start: '2027-03-14T02:30' }],
    ['timeComesTwice', update, { event_id: event.eventId, start: '2027-11-07T01:30' }],
    ['tooLong', update, { event_id: event.eventId, end: '2028-11-24T10:30' }],
  ])('are refused as %s before anybody is asked, by %s', async (code, tool, input) => {
    await using at = await AtGate.open()
    await at.records.agenda.insert({ ...event, timeZone: 'America/New_York', createdAtMs: 0 })
    const { status, output } = await at.propose(tool, input)
    expect(status).toBe('invalidArguments')
    expect(JSON.parse(output)).toEqual({
      status: 'invalid_arguments',
      reason: expect.stringMatching(new RegExp(`^${code}: [a-z]`)) as unknown,
    })
    expect(at.line.asked).toEqual([])
    await at.quiet()
    expect(await at.story()).toEqual([`policy_denied deny invalidArguments ${code}`])
  })

  it('are refused after the yes when the start has become the past meanwhile', async () => {
    await using at = await AtGate.open()
    const { agenda } = at.records
    at.doing.set(create, createEventHandler({ agenda, clock: at.clock }))
    // Ten minutes before the clock of the test begins.
    await at.propose(create, { ...dentist, start: '2026-11-20T08:50', time_zone: 'UTC' })
    at.hear()
    at.say('Yes, please.')
    await at.quiet()
    expect(at.line.told).toEqual([`call_1 ${create} failed`])
    expect(await at.story()).toContain('outcome failed startsInThePast')
    expect(await agenda.between({ fromMs: 0, toMs: 4e12, maxEvents: 9 })).toEqual([])
  })
})

describe('an event that is changed between the question and the yes', () => {
  it.each(['calendar_update_event', 'calendar_cancel_event'])('is left alone by %s', async (tool) => {
    await using at = await AtGate.open()
    const { clock } = at
    const { agenda } = at.records
    const ports = { agenda, clock }
    at.doing.set('calendar_update_event', updateEventHandler(ports))
    at.doing.set('calendar_cancel_event', cancelEventHandler(ports))
    const event = { eventId: 'event_abcdefgh', title: 'Dentist', startsAtMs, endsAtMs: startsAtMs + hourMs }
    await agenda.insert({ ...event, timeZone: 'Europe/London', createdAtMs: 0 })
    const input = { event_id: event.eventId, ...(tool === 'calendar_update_event' && { title: 'Doctor' }) }
    expect(await at.propose(tool, input)).toMatchObject({ status: 'waits' })
    at.hear()
    await agenda.update({ eventId: event.eventId, version: 1, nowMs: 1 }, { startsAtMs: startsAtMs - hourMs })
    at.say('Yes, please.')
    await at.quiet()
    expect(at.count(tool)).toBe(1)
    expect(at.line.told).toEqual([`call_1 ${tool} failed`])
    expect(await at.story()).toContain('outcome failed changed')
    expect(await agenda.find(event.eventId)).toMatchObject({
      title: 'Dentist',
      version: 2,
      state: 'confirmed',
    })
  })

  it('is changed as was asked where nobody came between, also when the model asks once more', async () => {
    await using at = await AtGate.open()
    const { agenda } = at.records
    at.doing.set('calendar_update_event', updateEventHandler({ agenda, clock: at.clock }))
    const event = { eventId: 'event_abcdefgh', title: 'Dentist', startsAtMs, endsAtMs: startsAtMs + hourMs }
    await agenda.insert({ ...event, timeZone: 'Europe/London', createdAtMs: 0 })
    const input = { event_id: event.eventId, title: 'Doctor' }
    await at.propose('calendar_update_event', input)
    at.hear()
    await at.propose('calendar_update_event', input)
    at.say('Yes, please.')
    await at.quiet()
    expect(at.line.told).toContain('call_1 calendar_update_event done')
    expect(await agenda.find(event.eventId)).toMatchObject({ title: 'Doctor', version: 2 })
  })
})
