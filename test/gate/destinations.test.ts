import { describe, expect, it } from 'vitest'
import { Destinations, type ReachRules } from '../../src/gate/destinations.ts'
import { knownEvent } from '../../src/gate/known-event.ts'
import { VirtualClock } from '../../src/lib/virtual-clock.ts'
import { defaultCaps } from '../../src/policy/caps.ts'
import { rangeOf } from '../../src/policy/numbers.ts'
import type { Records } from '../../src/storage/open-storage.ts'
import { openedRecords, temporaryFolder } from '../storage/opening.ts'
import { actorId, ann, randomCallSid } from './at-gate.ts'

const bob = '+14155550124'
const owner = '+14155550101'

/** What is known of destinations, on a database with one contact. */
async function opened(change: Partial<ReachRules> = {}) {
  const held = new AsyncDisposableStack()
  const folder = held.use(temporaryFolder())
  // Friday, 10:00 in New York, 07:00 in San Francisco.
  const clock = new VirtualClock(Date.UTC(2026, 10, 20, 18))
  const records = held.use(await openedRecords(folder.path, { commits: 'loop', clock }))
  const at = { createdAtMs: 0, updatedAtMs: 0 }
  await records.contacts.put({ contactId: 'contact_ann', name: 'Ann', number: ann, ...at })
  const rules: ReachRules = {
    allowedCountries: ['US'],
    ownNumbers: ['+14155550100'],
    liveNumbers: ['+14155550130'],
    hours: { fromMinute: 9 * 60, toMinute: 20 * 60 },
    onlyKnown: false,
    ownerNumbers: [owner],
    ownerEmail: 'me@example.org',
    caps: defaultCaps,
    outbound: { maxCalls: 2, longestMs: 3_720_000 },
    ...change,
  }
  const { contacts, permissions, effects, people } = records
  const ports = { clock, contacts, permissions, effects, people }
  const destinations = new Destinations({ ports, actorId, rules: () => rules })
  return { records, clock, destinations, [Symbol.asyncDispose]: () => held.disposeAsync() }
}

async function begin({ effects }: Records, destination: string, createdAtMs: number): Promise<void> {
  const sessionId = randomCallSid()
  const intentId = `intent_x${sessionId.slice(2, 26)}`
  const ids = {
    intentId,
    scope: sessionId,
    key: 'k',
    sessionId,
    actor: actorId,
    argumentsHash: 'ab'.repeat(32),
  }
  const range = rangeOf(destination)
  const draft = { ...ids, tool: 'make_call', strength: 'S2', createdAtMs, destination, range } as const
  expect(await effects.claimIntent(draft)).toMatchObject({ ok: true })
  await effects.settleIntent(intentId, { state: 'done', settledAtMs: createdAtMs })
}

describe('Destinations', () => {
  it('reach() knows contacts, the owner, and whom an effect has reached', async () => {
    await using world = await opened()
    const { destinations } = world
    expect(await destinations.reach('make_call', ann)).toMatchObject({
      verdict: { ok: true },
      isFirst: false,
      name: 'Ann',
    })
    expect(await destinations.reach('make_call', owner)).toMatchObject({ isFirst: false })
    expect(await destinations.reach('make_call', bob)).toMatchObject({ verdict: { ok: true }, isFirst: true })
    await begin(world.records, bob, world.clock.wallMs())
    expect(await destinations.reach('make_call', bob)).toMatchObject({
      verdict: { ok: true },
      isFirst: false,
    })
    expect(await destinations.reach('send_email', 'me@example.org')).toMatchObject({ isFirst: false })
    expect(await destinations.reach('send_email', 'ann@example.org')).toMatchObject({ isFirst: true })
  })

  it.each([
    ['911', 'emergency'],
    ['+1 415 555 0123', 'shape'],
    ['+14155550100', 'own'],
    ['+14155550130', 'loop'],
    ['+442079460001', 'country'],
    ['+19005550123', 'denied'],
  ])('reach() refuses a call to %s: %s', async (number, reason) => {
    await using world = await opened()
    const reach = await world.destinations.reach('make_call', number)
    expect(reach.verdict).toEqual({ ok: false, reason })
  })

  it('reach() counts an effect for its caller of which nobody knows whom it reached', async () => {
    await using world = await opened({
      caps: { make_call: { perDestination: 5, perRange: 10, perCaller: 1, perDay: 50 } },
    })
    const sessionId = randomCallSid()
    const ids = { intentId: 'intent_xnowhere', scope: sessionId, key: 'k', sessionId, actor: actorId }
    const what = { argumentsHash: 'ab'.repeat(32), tool: 'make_call', strength: 'S2' } as const
    await world.records.effects.claimIntent({ ...ids, ...what, createdAtMs: world.clock.wallMs() })
    const { verdict } = await world.destinations.reach('make_call', ann)
    expect(verdict).toEqual({ ok: false, reason: 'perCaller' })
  })

  it('reach() lets whoever is on the line have a message', async () => {
    await using world = await opened()
    expect((await world.destinations.reach('send_sms', '+14155550130')).verdict).toEqual({ ok: true })
  })

  it('reach() refuses who has opted out, who is no contact where only those count, and at night', async () => {
    await using world = await opened({ onlyKnown: true })
    const { destinations, clock, records } = world
    expect((await destinations.reach('make_call', bob)).verdict).toEqual({ ok: false, reason: 'notAContact' })
    const how = { source: 'sms', nowMs: clock.wallMs() } as const
    await records.permissions.optOut(ann, how)
    await records.permissions.optOut(owner, how)
    expect((await destinations.reach('make_call', ann)).verdict).toEqual({ ok: false, reason: 'optedOut' })
    expect((await destinations.reach('make_call', owner)).verdict).toEqual({ ok: true })
    clock.advance(12 * 60 * 60 * 1_000)
    expect((await destinations.reach('make_call', owner)).verdict).toEqual({
      ok: false,
      reason: 'quietHours',
    })
  })

  it('reach() counts effects of a day, by destination, range and caller, unless caps are off', async () => {
    const caps = { make_call: { perDestination: 1, perRange: 2, perCaller: 3, perDay: 9 } }
    await using world = await opened({ caps })
    const { destinations, clock, records } = world
    const verdictOf = async (number: string) => (await destinations.reach('make_call', number)).verdict
    await begin(records, ann, clock.wallMs())
    expect(await verdictOf(ann)).toEqual({ ok: false, reason: 'perDestination' })
    expect(await verdictOf(bob)).toEqual({ ok: true })
    await begin(records, bob, clock.wallMs())
    expect(await verdictOf('+14155550125')).toEqual({ ok: false, reason: 'perRange' })
    await begin(records, '+12125550125', clock.wallMs())
    expect(await verdictOf('+12135550125')).toEqual({ ok: false, reason: 'perCaller' })
    clock.advance(24 * 60 * 60 * 1_000)
    expect(await verdictOf(ann)).toEqual({ ok: true })
    await using free = await opened({ caps: 'off' })
    await begin(free.records, ann, free.clock.wallMs())
    expect((await free.destinations.reach('make_call', ann)).verdict).toEqual({ ok: true })
    await using none = await opened({ caps: {} })
    expect((await none.destinations.reach('send_email', 'a@b.org')).verdict).toEqual({
      ok: false,
      reason: 'perDay',
    })
  })
})

describe('Destinations.reach()', () => {
  it('says what is to be counted once more before the effect, and of which effects', async () => {
    await using world = await opened()
    const { destinations, clock } = world
    const nowMs = clock.wallMs()
    const call = (await destinations.reach('make_call', ann)).limit
    expect(call).toMatchObject({
      sinceMs: nowMs - 86_400_000,
      liveCalls: { max: 2, sinceMs: nowMs - 3_720_000 },
    })
    expect(call?.objection([])).toBeUndefined()
    const past = {
      tool: 'make_call',
      wallMs: nowMs,
      destination: world.records.people.keyed(ann),
      range: undefined,
      actor: 'x',
    }
    expect(call?.objection(Array.from({ length: 5 }, () => past))).toBe('perDestination')
    const text = (await destinations.reach('send_sms', ann)).limit
    expect(text?.liveCalls).toBeUndefined()
    expect(text?.objection([])).toBeUndefined()
    await using free = await opened({ caps: 'off' })
    expect((await free.destinations.reach('send_sms', ann)).limit).toBeUndefined()
    const freeCall = (await free.destinations.reach('make_call', ann)).limit
    expect(freeCall?.liveCalls?.max).toBe(2)
    expect(freeCall?.objection(Array.from({ length: 99 }, () => past))).toBeUndefined()
  })
})

describe('knownEvent()', () => {
  it('reads an event in its own zone, and none that was cancelled', async () => {
    await using world = await opened()
    const { agenda } = world.records
    const startsAtMs = Date.UTC(2026, 10, 24, 10, 30)
    const event = {
      eventId: 'event_abcdefgh',
      title: 'Dentist',
      startsAtMs,
      endsAtMs: startsAtMs + 1_800_000,
    }
    await agenda.insert({ ...event, timeZone: 'America/New_York', createdAtMs: 0 })
    expect(await knownEvent(agenda, event.eventId)).toEqual({
      title: 'Dentist',
      start: '2026-11-24T05:30',
      end: '2026-11-24T06:00',
      timeZone: 'America/New_York',
      startsAtMs,
      endsAtMs: event.endsAtMs,
      version: 1,
    })
    const at = { eventId: event.eventId, version: 1, nowMs: 1 }
    await agenda.update(at, { state: 'cancelled' })
    expect(await knownEvent(agenda, event.eventId)).toBeUndefined()
    expect(await knownEvent(agenda, 'event_unknown1')).toBeUndefined()
  })
})
