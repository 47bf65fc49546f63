import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import type { Records } from '../../src/storage/open-storage.ts'
import { readPerson } from '../../src/storage/read-person.ts'
import { openedRecords, temporaryFolder } from './opening.ts'
import { onBothDatabases, type Place } from './places.ts'
import { query } from './postgres-server.ts'
import { newCallSid, ringingCall, turnOf } from './records.ts'
import { number, other, wholeCall } from './whole-call.ts'

const atMs = Date.UTC(2026, 10, 20, 9)
const times = { createdAtMs: atMs, updatedAtMs: atMs }

function read({ dataDir, databaseUrl }: Place, nowMs = atMs) {
  return readPerson({ dataDir, databaseUrl, number, nowMs })
}

/** Runs statements on a database as somebody who tampers with it. */
async function tamper({ dataDir, databaseUrl }: Place, statement: string): Promise<void> {
  if (databaseUrl !== undefined) return void (await query(databaseUrl, statement))
  using database = new DatabaseSync(join(dataDir, 'consigliere.db'))
  database.exec(statement)
}

/** Everything that can be kept of somebody, and much of others. */
async function keptOf(records: Records): Promise<{ readonly theirs: string; readonly others: string }> {
  const { calls, contacts, permissions, people, agenda, effects, errands, audit } = records
  const theirs = await wholeCall(records, { from: number, atMs })
  const others = await wholeCall(records, { from: other, atMs })
  await Promise.all([calls.putTurn(turnOf(others, 3, 'Ring Ann at 415 555 0123')), calls.flush()])
  await contacts.put({ contactId: 'contact_1', name: `Ann ${number}`, number, ...times })
  await contacts.put({ contactId: 'contact_2', name: 'Bob', number: other, note: `wife ${number}`, ...times })
  await permissions.addConsent(number, { consentId: 'consent_1', source: 'given', givenAtMs: atMs })
  await permissions.optOut(number, { source: 'sms', nowMs: atMs })
  await people.countPinTry(number)
  await agenda.insert({
    eventId: 'event_1',
    title: `Lunch ${number}`,
    startsAtMs: atMs,
    endsAtMs: atMs,
    timeZone: 'UTC',
    createdAtMs: atMs,
  })
  await effects.claimIntent({
    intentId: 'intent_of-this-test',
    scope: others,
    key: 'key_1',
    tool: 'make_call',
    sessionId: others,
    actor: 'server',
    strength: 'S4',
    createdAtMs: atMs,
    argumentsHash: 'ab'.repeat(32),
    destination: number,
  })
  await effects.insertProposal({
    proposalId: 'proposal_in-their-call',
    sessionId: theirs,
    callId: 'call_2',
    tool: 'web_research',
    arguments: '{"query":"the weather"}',
    argumentsHash: 'ab'.repeat(32),
    actor: 'server',
    strength: 'S4',
    taint: [],
    createdAtMs: atMs,
  })
  const placed = { ref: 'intent_of-this-test', callSid: newCallSid(), sessionId: others, takenAtMs: atMs }
  await errands.take(placed)
  await errands.take({ ...placed, ref: 'intent_of-another', callSid: newCallSid() })
  await audit.record({ kind: 'auth', actor: await people.idOf(number) })
  await audit.record({ kind: 'auth', actor: await people.idOf(other) })
  await audit.record({ kind: 'contradicted', actor: 'server', session: theirs })
  const lost = { messageId: 'message_1', callSid: newCallSid(), from: number, receivedAtMs: atMs } as const
  await calls.insertMessage({ ...lost, kind: 'words', text: `I am ${number}` })
  return { theirs, others }
}

await onBothDatabases((name, newPlace) => {
  describe(`${name}: readPerson()`, () => {
    it('answers everything that is kept of somebody, and of others only what holds the number', async () => {
      const place = await newPlace()
      await using records = await place.open()
      const { theirs, others } = await keptOf(records)
      const sip = { ...ringingCall(newCallSid()), from: `sip:${number}@example.org`, startedAtMs: atMs + 1 }
      await records.calls.insertCall(sip)
      const person = await records.people.find(number)
      const found = await read(place)
      expect(found).toMatchObject({
        number,
        person,
        calls: [{ call: { callSid: theirs }, turns: [{}, {}, {}] }, { call: { callSid: sip.callSid } }],
        messages: [{ messageId: 'message_1' }],
        contacts: [{ contactId: 'contact_1' }],
        consents: [{ consentId: 'consent_1' }],
        optedOut: true,
        optOut: { source: 'sms', createdAtMs: atMs },
        pinTriesAtMs: [expect.any(Number)],
        effects: [{ intentId: 'intent_of-this-test' }],
        errands: [{ ref: 'intent_of-this-test' }],
      })
      const asked = [theirs, others].map((callSid) => `proposal_${callSid.slice(-24)}`).toSorted()
      const proposed = [...asked, 'proposal_in-their-call'].toSorted()
      expect(found?.proposals.map(({ proposalId }) => proposalId).toSorted()).toEqual(proposed)
      expect(found?.confirmations.map(({ proposalId }) => proposalId).toSorted()).toEqual(asked)
      expect(found?.confirmations[0]).toMatchObject({
        state: 'denied',
        question: expect.any(String) as string,
      })
      expect(found?.confirmations[0]).not.toHaveProperty('nonceHash')
      expect(found?.mentions).toEqual([
        { kind: 'turn', id: others, texts: ['Ring Ann at 415 555 0123'] },
        { kind: 'event', id: 'event_1', texts: [`Lunch ${number}`] },
        { kind: 'contact', id: 'contact_2', texts: ['Bob', `wife ${number}`] },
      ])
      expect(found?.audit.map(({ kind }) => kind)).toEqual(['intent', 'auth', 'contradicted'])
    })

    it('answers that nothing is kept of somebody unknown', async () => {
      const place = await newPlace()
      await using records = await place.open()
      await wholeCall(records, { from: other, atMs })
      await records.permissions.optOut(number, { source: 'operator', nowMs: atMs })
      await records.permissions.liftOptOut(number, atMs + 1)
      const found = await read(place)
      expect(found).not.toHaveProperty('person')
      expect(found).toMatchObject({
        calls: [],
        effects: [],
        mentions: [],
        audit: [],
        optedOut: false,
        optOut: { source: 'operator', liftedAtMs: atMs + 1 },
      })
    })

    it('reads every page of what there is much of', async () => {
      const place = await newPlace()
      await using records = await place.open()
      const actor = await records.people.idOf(number)
      await Promise.all(Array.from({ length: 1_001 }, () => records.audit.record({ kind: 'auth', actor })))
      expect((await read(place))?.audit).toHaveLength(1_001)
    })

    it('refuses without the key of the database, makes none, and is in the way of no start', async () => {
      const place = await newPlace()
      await (await place.open())[Symbol.asyncDispose]()
      const file = join(place.dataDir, 'person.key')
      const key = readFileSync(file)
      rmSync(file)
      await expect(read(place)).rejects.toMatchObject({
        code: 'wrongKey',
        message: expect.stringContaining('it is not there') as string,
      })
      expect(existsSync(file)).toBe(false)
      writeFileSync(file, `${'0'.repeat(64)}\n`, { mode: 0o600 })
      await expect(read(place)).rejects.toMatchObject({ code: 'wrongKey' })
      writeFileSync(file, key)
      expect(await read(place)).toMatchObject({ number })
      await (await place.open())[Symbol.asyncDispose]()
    })

    it('refuses a database that a newer or an older version has written', async () => {
      const place = await newPlace()
      await (await place.open())[Symbol.asyncDispose]()
      await tamper(place, "insert into kysely_migration values ('9999-future', '2027-01-01T00:00:00.000Z')")
      await expect(read(place)).rejects.toMatchObject({
        code: 'failed',
        message: expect.stringContaining('a newer version has written it') as string,
      })
      await tamper(place, "delete from kysely_migration where name >= '0019'")
      await expect(read(place)).rejects.toMatchObject({
        code: 'failed',
        message: expect.stringContaining('has to bring its tables up to date') as string,
      })
      await tamper(place, 'drop table kysely_migration')
      await expect(read(place)).rejects.toMatchObject({ code: 'failed' })
    })

    it('refuses a database whose audit log is not whole, and one that fails, with an error of ours', async () => {
      const place = await newPlace()
      const records = await place.open()
      await records.audit.record({ kind: 'auth' })
      await records[Symbol.asyncDispose]()
      await tamper(place, "update audit_head set hash = 'x'")
      await expect(read(place)).rejects.toMatchObject({ name: 'StorageError', code: 'corrupt' })
      await tamper(place, 'drop table facts')
      await expect(read(place)).rejects.toMatchObject({ name: 'StorageError', code: 'failed' })
    })
  })
})

describe('readPerson() on SQLite', () => {
  it('says that a file is damaged, and changes nothing in its folder', async () => {
    using folder = temporaryFolder()
    await (await openedRecords(folder.path))[Symbol.asyncDispose]()
    const at = { dataDir: folder.path, databaseUrl: undefined, number, nowMs: atMs }
    const files = readdirSync(folder.path)
    expect(await readPerson(at)).toMatchObject({ calls: [] })
    expect(readdirSync(folder.path)).toEqual(files)
    writeFileSync(join(folder.path, 'consigliere.db'), 'This is no database. '.repeat(300))
    await expect(readPerson(at)).rejects.toMatchObject({ name: 'StorageError', code: 'corrupt' })
    rmSync(join(folder.path, 'consigliere.db'))
    expect(await readPerson(at)).toBeUndefined()
  })
})
