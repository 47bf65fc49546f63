import { describe, expect, it } from 'vitest'
import type { MessageRecord } from '../../src/ports/storage.ts'
import { newCallSid, startedAtMs } from '../storage/records.ts'
import { keys } from './serving.ts'
import { servingOwner as serving } from './serving-owner.ts'

const ann = { name: 'Ann Ångström', number: '+14155550123', email: 'ann@example.org', note: 'two\nlines 👋' }

function broken(): Promise<never> {
  return Promise.reject(new Error('The log is full'))
}

function message(messageId: string, afterMs: number): MessageRecord {
  const common = {
    messageId,
    callSid: newCallSid(),
    from: '+14155550123',
    receivedAtMs: startedAtMs + afterMs,
  }
  return afterMs % 2 === 0
    ? { ...common, kind: 'words', text: 'Call me', callerName: 'Ann', notice: 'sent' }
    : { ...common, kind: 'recording', recordingSid: 'RE1', durationSeconds: 7 }
}

describe('/v1/messages', () => {
  it('answers what callers left, page by page, the newest first', async () => {
    await using server = await serving()
    const { ask, records } = server
    for (const each of [0, 1, 2]) await records.calls.insertMessage(message(`m${each}`, each))
    const first = await ask('GET', '/v1/messages?limit=2', { key: keys.reader })
    expect(first.headers['cache-control']).toBe('no-store')
    expect(first.body).toMatchObject({
      messages: [
        {
          id: 'm2',
          kind: 'words',
          from: '+14155550123',
          text: 'Call me',
          caller_name: 'Ann',
          notice: 'sent',
        },
        {
          id: 'm1',
          kind: 'recording',
          recording: 'RE1',
          duration_seconds: 7,
          received_at: '2026-11-20T09:00:00.001Z',
        },
      ],
      next: 'm1',
    })
    expect((await ask('GET', '/v1/messages?after=m1')).body).toEqual({
      messages: [expect.objectContaining({ id: 'm0' })],
    })
    expect((await ask('GET', '/v1/messages/m2')).body).toMatchObject({ id: 'm2', text: 'Call me' })
  })

  it('removes one, once, and records who did, and which by its keyed hash', async () => {
    await using server = await serving()
    const { ask, records } = server
    await records.calls.insertMessage(message('m0', 0))
    expect(await ask('DELETE', '/v1/messages/m0')).toMatchObject({ status: 204, raw: '' })
    expect(await ask('DELETE', '/v1/messages/m0')).toMatchObject({
      status: 404,
      body: { type: 'urn:consigliere:problem:not-found' },
    })
    expect((await ask('GET', '/v1/messages/m0')).status).toBe(404)
    const data = { setting: 'message', state: 'removed', textHash: records.people.keyed('m0') }
    const rows = await records.audit.page({ afterSeq: 0, maxRecords: 9 })
    expect(rows).toMatchObject([{ kind: 'config', actor: 'key:root', strength: 'S4' }])
    expect(rows[0]?.data).toEqual(data)
  })

  it('removes a recording at the network first, and keeps it where that fails', async () => {
    const asked: string[] = []
    const failed = { ok: false, code: '20503', sentence: 'Twilio is down', ambiguous: true } as const
    await using server = await serving({
      recordings: {
        deleteRecording: async (recordingSid) => {
          asked.push(recordingSid)
          return asked.length === 1 ? failed : { ok: true }
        },
      },
    })
    const { ask, records } = server
    for (const each of [0, 1]) await records.calls.insertMessage(message(`m${each}`, each))
    expect(await ask('DELETE', '/v1/messages/m1')).toMatchObject({
      status: 503,
      body: { detail: expect.stringMatching(/^The recording could not be deleted/) as unknown },
    })
    expect((await ask('GET', '/v1/messages/m1')).status).toBe(200)
    expect((await ask('DELETE', '/v1/messages/m1')).status).toBe(204)
    expect((await ask('GET', '/v1/messages/m1')).status).toBe(404)
    expect((await ask('DELETE', '/v1/messages/m0')).status).toBe(204)
    expect(asked).toEqual(['RE1', 'RE1'])
  })

  it('answers no page after a message that is not there, and names what was asked', async () => {
    await using server = await serving()
    const { ask, records } = server
    for (const each of [0, 1, 2]) await records.calls.insertMessage(message(`m${each}`, each))
    const { next } = (await ask('GET', '/v1/messages?limit=2')).body ?? {}
    await ask('DELETE', `/v1/messages/${String(next)}`)
    for (const after of [next, 'nonsense']) {
      const answer = await ask('GET', `/v1/messages?limit=2&after=${String(after)}`)
      expect(answer.headers['content-type']).toContain('application/problem+json')
      expect(answer).toMatchObject({
        status: 404,
        body: {
          type: 'urn:consigliere:problem:not-found',
          detail: expect.stringMatching(/^after /) as unknown,
        },
      })
    }
  })
})

describe('/v1/contacts', () => {
  it('keeps a contact, answers it, and replaces all that is known of it', async () => {
    await using server = await serving()
    const { ask, clock } = server
    const times = { created_at: '2026-11-20T09:00:00.000Z', updated_at: '2026-11-20T09:00:00.000Z' }
    expect(await ask('PUT', '/v1/contacts/ann', { body: ann })).toMatchObject({
      status: 201,
      body: { id: 'ann', ...ann, ...times },
    })
    clock.advance(60_000)
    const changed = await ask('PUT', '/v1/contacts/ann', { body: { name: 'Ann' } })
    const after = { ...times, updated_at: '2026-11-20T09:01:00.000Z' }
    expect(changed).toMatchObject({ status: 200, body: { id: 'ann', name: 'Ann', ...after } })
    const read = await ask('GET', '/v1/contacts/ann', { key: keys.reader })
    expect(read.body).toEqual({ id: 'ann', name: 'Ann', ...after })
  })

  it('answers page by page, and by name', async () => {
    await using server = await serving()
    const { ask } = server
    for (const id of ['c', 'a', 'b']) await ask('PUT', `/v1/contacts/${id}`, { body: { name: `Name ${id}` } })
    expect((await ask('GET', '/v1/contacts?limit=2')).body).toMatchObject({
      contacts: [{ id: 'a' }, { id: 'b' }],
      next: 'b',
    })
    expect((await ask('GET', '/v1/contacts?after=b')).body).toEqual({
      contacts: [expect.objectContaining({ id: 'c' })],
    })
    expect((await ask('GET', '/v1/contacts?name=NAME%20b')).body).toMatchObject({ contacts: [{ id: 'b' }] })
    expect((await ask('GET', '/v1/contacts?name=x&after=b')).status).toBe(400)
  })

  it('removes one, once', async () => {
    await using server = await serving()
    const { ask } = server
    await ask('PUT', '/v1/contacts/ann', { body: ann })
    expect((await ask('DELETE', '/v1/contacts/ann')).status).toBe(204)
    expect((await ask('DELETE', '/v1/contacts/ann')).status).toBe(404)
    expect((await ask('GET', '/v1/contacts/ann')).status).toBe(404)
    const recorded = await server.records.audit.page({ afterSeq: 0, maxRecords: 9 })
    const person = await server.records.people.find(ann.number)
    expect(recorded.map(({ actor, data }) => [actor, data])).toEqual([
      ['key:root', { setting: 'contact', state: 'put', person }],
      ['key:root', { setting: 'contact', state: 'removed', person }],
    ])
  })

  it('records whom it keeps and removes by the keyed hash of the id, where there is no number', async () => {
    await using server = await serving()
    const { ask, records } = server
    await ask('PUT', '/v1/contacts/ann', { body: { name: 'Ann' } })
    await ask('PUT', '/v1/contacts/ann', { body: ann })
    await ask('PUT', '/v1/contacts/ann', { body: { name: 'Ann' } })
    await ask('DELETE', '/v1/contacts/ann')
    const rows = await records.audit.page({ afterSeq: 0, maxRecords: 9 })
    const textHash = records.people.keyed('ann')
    expect(rows.map(({ data }) => data)).toEqual([
      { setting: 'contact', state: 'put', textHash },
      { setting: 'contact', state: 'put', person: await records.people.find(ann.number) },
      { setting: 'contact', state: 'put', textHash },
      { setting: 'contact', state: 'removed', textHash },
    ])
    expect(JSON.stringify(rows)).not.toMatch(/ann|415555/i)
  })

  it.each([
    ['a number with spaces', { name: 'A', number: '+1 415 555 0123' }, 422],
    ['a number without plus', { name: 'A', number: '14155550123' }, 422],
    ['other digits', { name: 'A', number: '+1415555012٣' }, 422],
    ['a number that is none', { name: 'A', number: 14155550123 }, 400],
    ['no name', { number: '+14155550123' }, 400],
    ['an empty name', { name: ' ' }, 400],
    ['a name of two lines', { name: 'A\nB' }, 400],
    ['a long name', { name: 'x'.repeat(81) }, 400],
    ['a name that is no text', { name: ['A'] }, 400],
    ['an address that is none', { name: 'A', email: 'Ann <ann@example.org>' }, 400],
    ['a control character in the note', { name: 'A', note: 'a\u0000b' }, 400],
    ['a field that nobody knows', { name: 'A', owner: true }, 400],
    ['a list', [{ name: 'A' }], 400],
  ])('refuses %s, repeats no value and keeps nothing', async (_what, body, status) => {
    await using server = await serving()
    const { ask, records, log } = server
    const answer = await ask('PUT', '/v1/contacts/ann', { body })
    expect(answer.status).toBe(status)
    expect(answer.headers['content-type']).toContain('application/problem+json')
    expect(answer.raw).not.toContain('4155550123')
    expect(await records.contacts.page({ afterId: '', maxContacts: 9 })).toEqual([])
    expect(await records.audit.head()).toMatchObject({ seq: 0 })
    expect(JSON.stringify(log.events)).not.toContain('415')
  })

  it.each([
    ['a key that stands twice', '{"name":"A","name":"B"}'],
    ['a key that stands twice in other letters', String.raw`{"name":"A","n\u0061me":"B"}`],
    ['a prototype', '{"name":"A","__proto__":{"x":1}}'],
    ['what is no JSON', '{"name":'],
    ['nothing', ''],
  ])('refuses %s', async (_what, text) => {
    await using server = await serving()
    expect((await server.ask('PUT', '/v1/contacts/ann', { text })).status).toBe(400)
    expect(await server.records.contacts.find('ann')).toBeUndefined()
  })

  it('neither keeps nor removes what cannot be recorded', async () => {
    const audit = { record: broken, head: broken, verify: broken, page: broken }
    await using server = await serving({ audit })
    const { ask, records } = server
    await records.contacts.put({ contactId: 'ann', name: 'Ann', createdAtMs: 0, updatedAtMs: 0 })
    await records.calls.insertMessage(message('m0', 0))
    expect((await ask('PUT', '/v1/contacts/bob', { body: ann })).status).toBe(500)
    expect((await ask('DELETE', '/v1/contacts/ann')).status).toBe(500)
    expect((await ask('DELETE', '/v1/messages/m0')).status).toBe(500)
    expect(await records.contacts.page({ afterId: '', maxContacts: 9 })).toMatchObject([{ contactId: 'ann' }])
    expect(await records.messages.find('m0')).toBeDefined()
  })
})

describe('/v1/calendar.ics', () => {
  it('answers the calendar, with what was cancelled', async () => {
    await using server = await serving()
    const { ask, records, clock } = server
    const { agenda } = records
    const event = {
      title: 'Lunch, at last',
      endsAtMs: startedAtMs + 7_200_000,
      timeZone: 'Europe/London',
      createdAtMs: startedAtMs,
    }
    await agenda.insert({ ...event, eventId: 'event_a', startsAtMs: startedAtMs + 3_600_000 })
    await agenda.insert({ ...event, eventId: 'event_b', startsAtMs: startedAtMs + 3_600_000 })
    await agenda.update({ eventId: 'event_b', version: 1, nowMs: clock.wallMs() }, { state: 'cancelled' })
    const answer = await ask('GET', '/v1/calendar.ics', { key: keys.reader })
    expect(answer.headers['content-type']).toBe('text/calendar; charset=utf-8')
    expect(answer.raw).toContain(String.raw`SUMMARY:Lunch\, at last`)
    expect(answer.raw.match(/STATUS:\w+/g)).toEqual(['STATUS:CONFIRMED', 'STATUS:CANCELLED'])
    expect(answer.raw).toContain('DTSTART:20261120T100000Z')
  })

  it('answers 2,000 events at most, and lets the past fall off first', async () => {
    await using server = await serving()
    const { agenda } = server.records
    const all = Array.from({ length: 2_001 }, (_each, hour) => {
      const startsAtMs = startedAtMs + (hour - 1_000) * 3_600_000
      const times = { startsAtMs, endsAtMs: startsAtMs + 3_600_000, timeZone: 'Europe/London' }
      return { eventId: `event_${hour}`, title: 'Lunch', ...times, createdAtMs: startedAtMs }
    })
    await Promise.all(all.map((event) => agenda.insert(event)))
    const { raw } = await server.ask('GET', '/v1/calendar.ics', { key: keys.reader })
    const told = raw.match(/(?<=UID:)event_\d+/g)
    expect(told).toEqual(all.slice(1).map(({ eventId }) => eventId))
  })
})

describe('the owner routes', () => {
  it.each([
    ['GET', '/v1/messages'],
    ['GET', '/v1/messages/m'],
    ['DELETE', '/v1/messages/m'],
    ['GET', '/v1/contacts'],
    ['GET', '/v1/contacts/c'],
    ['PUT', '/v1/contacts/c'],
    ['DELETE', '/v1/contacts/c'],
    ['GET', '/v1/calendar.ics'],
  ] as const)('%s %s is for keys of its scope alone', async (method, url) => {
    await using server = await serving()
    const { ask, records } = server
    const body = method === 'PUT' ? { body: ann } : {}
    expect((await ask(method, url, { ...body, key: 'csg_nobody' })).status).toBe(401)
    expect((await ask(method, url, { ...body, key: keys.auditor })).status).toBe(403)
    const withRead = await ask(method, url, { ...body, key: keys.reader })
    expect(withRead.status === 403).toBe(method !== 'GET')
    expect(await records.contacts.find('c')).toBeUndefined()
    expect(await records.audit.head()).toMatchObject({ seq: 0 })
  })

  it.each([
    '/v1/messages?limit=0',
    '/v1/messages?limit=201',
    '/v1/messages?limit=1e1',
    '/v1/messages?after=a%20b',
    '/v1/messages?from=1',
    '/v1/messages/a%20b',
    '/v1/contacts?limit=-1',
    '/v1/contacts?after=a&after=b',
    '/v1/contacts/ann?x=1',
    `/v1/contacts/${'x'.repeat(65)}`,
    '/v1/calendar.ics?from=1',
  ])('refuses %s and repairs nothing', async (url) => {
    await using server = await serving()
    expect(await server.ask('GET', url)).toMatchObject({
      status: 400,
      body: { type: 'urn:consigliere:problem:invalid-request' },
    })
  })
})
