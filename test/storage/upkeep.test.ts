import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/lib/clock.ts'
import type { RetentionReport } from '../../src/ports/upkeep.ts'
import { openReader } from '../../src/storage/open-reader.ts'
import type { Records } from '../../src/storage/open-storage.ts'
import { verifyAudit } from '../../src/storage/verify-audit.ts'
import { onBothDatabases } from './places.ts'
import { heldAudit } from './postgres-server.ts'
import { newCallSid, ringingCall, turnOf } from './records.ts'
import { number, other, wholeCall, words } from './whole-call.ts'

const dayMs = 86_400_000
const rules = { transcriptDays: 30, callDays: 396, auditDays: 731 }

/** A clock that runs, and can be put forward by days. */
function calendarClock() {
  let ahead = 0
  return {
    ...systemClock,
    wallMs: () => systemClock.wallMs() + ahead * dayMs,
    passDays: (days: number) => void (ahead += days),
  }
}

await onBothDatabases((name, newPlace) => {
  describe(`${name}: retain()`, () => {
    it('removes words after their days, calls after theirs, recordings never, and nothing before', async () => {
      await using records = await (await newPlace()).open()
      const nowMs = Date.UTC(2026, 10, 20)
      const at = (days: number) => wholeCall(records, { from: number, atMs: nowMs - days * dayMs })
      const young = await at(29)
      const middle = await Promise.all(Array.from({ length: 45 }, (_, index) => at(31 + index)))
      const old = await at(397)
      const told = { callSid: young, from: number, kind: 'words', text: words } as const
      for (const [messageId, callSid, days] of [
        ['message_1', middle[0] ?? '', 29],
        ['message_2', newCallSid(), 31],
        ['message_3', young, 29],
      ] as const) {
        await records.calls.insertMessage({ ...told, messageId, callSid, receivedAtMs: nowMs - days * dayMs })
      }
      expect(await records.upkeep.retain(rules, { nowMs })).toMatchObject({ silenced: 46, calls: 1 })
      expect((await records.calls.completeCall(young))?.turns).toHaveLength(3)
      for (const callSid of middle) {
        expect(await records.calls.completeCall(callSid)).toMatchObject({
          call: { from: number },
          turns: [],
          messages: [{ kind: 'recording', recordingSid: `RE${callSid.slice(2)}` }],
          streams: [{}],
          sessions: [{}],
        })
      }
      expect(await records.calls.completeCall(old)).toBeUndefined()
      expect(await records.messages.find(`RE${old.slice(2)}`)).toMatchObject({ from: number })
      const left = ['message_1', 'message_2', 'message_3'].map((id) => records.messages.find(id))
      expect(await Promise.all(left)).toMatchObject([undefined, undefined, { text: words }])
      const [one = ''] = middle
      const proposalId = `proposal_${one.slice(-24)}`
      expect(await records.effects.findProposal(proposalId)).toBeUndefined()
      const confirmation = await records.effects.findConfirmation(proposalId)
      expect(confirmation?.state).toBe('denied')
      expect(confirmation?.question).toBeUndefined()
      expect(await records.upkeep.retain(rules, { nowMs })).toEqual({
        silenced: 0,
        calls: 0,
        auditRecords: 0,
      })
      expect(await records.upkeep.retain(rules, { nowMs: nowMs + 2 * dayMs })).toMatchObject({ silenced: 1 })
      expect((await records.calls.completeCall(young))?.turns).toEqual([])
    })

    it('ends between two pieces when it is aborted, and goes on where it was the next time', async () => {
      await using records = await (await newPlace()).open()
      const nowMs = Date.UTC(2026, 10, 20)
      const atMs = nowMs - 31 * dayMs
      await Promise.all(Array.from({ length: 45 }, () => wholeCall(records, { from: number, atMs })))
      const abort = new AbortController()
      const ended = records.upkeep.retain(rules, { nowMs, signal: abort.signal })
      abort.abort()
      await expect(ended).rejects.toThrow(/abort/)
      const { silenced } = await records.upkeep.retain(rules, { nowMs })
      expect(silenced).toBe(25)
    })

    it('keeps opt-outs for their five years, and forgets people of whom nothing else is known', async () => {
      const clock = calendarClock()
      await using records = await (await newPlace()).open({ clock })
      const { people, permissions, contacts, upkeep } = records
      const nowMs = clock.wallMs()
      const contact = { contactId: 'contact_1', name: 'Ann', createdAtMs: nowMs, updatedAtMs: nowMs }
      await contacts.put({ ...contact, number: other })
      await people.idOf(number)
      await permissions.optOut(number, { source: 'sms', nowMs })
      await upkeep.retain(rules, { nowMs: nowMs + 395 * dayMs })
      expect(await people.find(number)).toBeTypeOf('string')
      await upkeep.retain(rules, { nowMs: nowMs + 397 * dayMs })
      expect(await people.find(number)).toBeUndefined()
      expect(await people.find(other)).toBeTypeOf('string')
      expect(await permissions.isOptedOut(number, nowMs + 4 * 365 * dayMs)).toBe(true)
    })

    it('removes old audit records behind a checkpoint, and the chain verifies from there', async () => {
      const place = await newPlace()
      const clock = calendarClock()
      {
        await using records = await place.open({ clock })
        const { audit, upkeep } = records
        for (let day = 0; day < 10; day += 1) {
          await audit.record({ kind: 'auth', data: { count: day } })
          clock.passDays(1)
        }
        const [, , third] = await audit.page({ afterSeq: 0, maxRecords: 5 })
        const keptDays = { ...rules, auditDays: 7.5 }
        expect((await upkeep.retain(keptDays, { nowMs: clock.wallMs() })).auditRecords).toBe(3)
        expect((await upkeep.retain(keptDays, { nowMs: clock.wallMs() })).auditRecords).toBe(0)
        const [first] = await audit.page({ afterSeq: 0, maxRecords: 1 })
        expect(first).toMatchObject({ seq: 4, prev: third?.hash })
        const [checkpoint] = await audit.page({ afterSeq: 10, maxRecords: 1 })
        expect(checkpoint).toMatchObject({
          kind: 'checkpoint',
          data: { removedTo: 3, removedHash: third?.hash },
        })
        expect(await audit.verify()).toMatchObject({ ok: true, firstSeq: 4, head: { seq: 11 } })
        clock.passDays(30)
        await audit.record({ kind: 'auth' })
        expect((await upkeep.retain(keptDays, { nowMs: clock.wallMs() })).auditRecords).toBe(8)
        expect(await audit.verify()).toMatchObject({ ok: true, firstSeq: 12, head: { seq: 13 } })
      }
      await using again = await place.open({ clock })
      expect(await again.audit.verify()).toMatchObject({ ok: true, firstSeq: 12 })
    })

    it('keeps the later beginning when two processes remove audit records at once', async () => {
      const place = await newPlace()
      const { databaseUrl } = place
      const clock = calendarClock()
      await using first = await place.open({ clock })
      await using opened = databaseUrl === undefined ? undefined : await place.open({ clock })
      const second = opened ?? first
      for (let day = 0; day < 10; day += 1) {
        await first.audit.record({ kind: 'auth', data: { count: day } })
        clock.passDays(1)
      }
      const nowMs = clock.wallMs()
      const retain = ({ upkeep }: Records, auditDays: number) =>
        upkeep.retain({ ...rules, auditDays }, { nowMs })
      const removals: Promise<RetentionReport>[] = []
      {
        // Both have begun before either can write.
        await using held = databaseUrl === undefined ? undefined : await heldAudit(databaseUrl)
        removals.push(retain(first, 5.5))
        await held?.waiting(1)
        removals.push(retain(second, 7.5))
        await held?.waiting(2)
      }
      expect(await Promise.all(removals)).toMatchObject([{ auditRecords: 5 }, { auditRecords: 0 }])
      expect(await first.audit.verify()).toMatchObject({ ok: true, firstSeq: 6, head: { seq: 11 } })
    })
  })

  describe(`${name}: verifyAudit()`, () => {
    it('is not confused by records that are appended and removed while it walks', async () => {
      const place = await newPlace()
      const clock = calendarClock()
      await using records = await place.open({ clock })
      const { audit, upkeep } = records
      await Promise.all(Array.from({ length: 1_200 }, () => audit.record({ kind: 'auth' })))
      clock.passDays(10)
      await audit.record({ kind: 'stop' })
      await using opened = await openReader(place)
      const reads = { count: 0 }
      const verdict = await verifyAudit(async (query) => {
        reads.count += 1
        // After the intents, the ends and the first page of records.
        if (reads.count === 4) {
          await audit.record({ kind: 'start' })
          await upkeep.retain({ ...rules, auditDays: 5 }, { nowMs: clock.wallMs() })
        }
        if (!opened) throw new Error('There is no database')
        return await opened.read(query)
      })
      expect(verdict).toMatchObject({ ok: true, firstSeq: 1_201, head: { seq: 1_203 } })
    })

    it('lets the event loop run between its pages', async () => {
      await using records = await (await newPlace()).open()
      const { audit } = records
      await Promise.all(Array.from({ length: 2_500 }, () => audit.record({ kind: 'auth' })))
      let loopTurns = 0
      const counting = setInterval(() => (loopTurns += 1), 0)
      expect(await audit.verify()).toMatchObject({ ok: true })
      clearInterval(counting)
      expect(loopTurns).toBeGreaterThan(3)
    })
  })

  describe(`${name}: erase()`, () => {
    it('removes all that is known of one caller, strikes their number out elsewhere, and keeps the rest', async () => {
      await using records = await (await newPlace()).open()
      const { calls, upkeep, people, contacts, permissions, effects, agenda, audit } = records
      const nowMs = Date.now()
      const theirs = await Promise.all(
        Array.from({ length: 25 }, () => wholeCall(records, { from: number, atMs: nowMs })),
      )
      const others = await wholeCall(records, { from: other, atMs: nowMs })
      const lost = { messageId: 'RE1', kind: 'recording', recordingSid: 'RE1', durationSeconds: 5 } as const
      await calls.insertMessage({ ...lost, callSid: newCallSid(), from: number, receivedAtMs: nowMs })
      const mention = { ...turnOf(others, 3, 'Text Ann at (415) 555-0123, please'), startedAtMs: nowMs }
      await Promise.all([calls.putTurn(mention), calls.flush()])
      const contact = { contactId: 'contact_1', name: 'Ann', number, createdAtMs: nowMs, updatedAtMs: nowMs }
      await contacts.put(contact)
      await contacts.put({ ...contact, contactId: 'contact_2', number: other })
      await permissions.optOut(number, { source: 'voice', nowMs })
      await permissions.addConsent(number, { consentId: 'consent_1', source: 'given', givenAtMs: nowMs })
      await people.countPinTry(number)
      const event = { eventId: 'event_1', title: `Lunch, ${number}`, startsAtMs: nowMs, endsAtMs: nowMs }
      await agenda.insert({ ...event, timeZone: 'UTC', createdAtMs: nowMs })
      const intent = {
        intentId: 'intent_of-this-test',
        scope: others,
        key: 'key_1',
        tool: 'send_sms',
        sessionId: others,
      }
      const asked = {
        actor: 'server',
        strength: 'S4',
        createdAtMs: nowMs,
        argumentsHash: 'ab'.repeat(32),
      } as const
      await effects.claimIntent({ ...intent, ...asked, destination: number })

      const report = await upkeep.erase(number, { actor: 'key:ops', strength: 'S4' })
      // One turn, one title, and the proposals of others that hold the number.
      expect(report).toMatchObject({ kind: 'erased', mentions: 3 })
      expect(report.kind === 'erased' && report.callSids.toSorted()).toEqual(theirs.toSorted())
      expect(report.kind === 'erased' && report.recordingSids.toSorted()).toEqual(
        [...theirs.map((callSid) => `RE${callSid.slice(2)}`), lost.recordingSid].toSorted(),
      )
      for (const callSid of theirs) expect(await calls.completeCall(callSid)).toBeUndefined()
      expect(await people.find(number)).toBeUndefined()
      expect(await contacts.findByName('ann', 9)).toMatchObject([{ contactId: 'contact_2' }])
      expect(await permissions.consentsOf(number, nowMs)).toEqual([])
      expect(await people.pinTries(number)).toBe(0)
      expect((await agenda.find('event_1'))?.title).toBe('Lunch, …')
      expect((await effects.findIntent(intent.intentId))?.destinationLast4).toBeUndefined()
      const left = await calls.completeCall(others)
      expect(left?.turns.map(({ text }) => text)).toEqual([
        `${words} 0`,
        `${words} 1`,
        `${words} 2`,
        'Text Ann at …, please',
      ])
      // What they asked for outlives them.
      expect(await permissions.isOptedOut(number, nowMs)).toBe(true)
      const { seq } = await audit.head()
      const erasures = await audit.page({ afterSeq: seq - 2, maxRecords: 2 })
      const textHash = people.keyed(number)
      const by = { kind: 'erasure', actor: 'key:ops', strength: 'S4' }
      expect(erasures).toMatchObject([by, by])
      // Without the id of the person: the hash leads to nothing else of theirs.
      expect(erasures.map(({ data }) => data)).toEqual([
        { state: 'begun', textHash },
        { state: 'done', count: 25, textHash },
      ])
      expect(await audit.verify()).toMatchObject({ ok: true })
      expect(await upkeep.erase(number, {})).toMatchObject({ kind: 'erased', callSids: [], mentions: 0 })
    })

    it('removes nothing while a call of that number goes on', async () => {
      await using records = await (await newPlace()).open()
      const over = await wholeCall(records, { from: number, atMs: Date.now() })
      const live = newCallSid()
      await records.calls.insertCall({ ...ringingCall(live), from: number })
      expect(await records.upkeep.erase(number, {})).toEqual({ kind: 'callLive' })
      expect(await records.calls.completeCall(over)).toBeDefined()
      await Promise.all([records.calls.patchCall(live, { endedAtMs: 1 }), records.calls.flush()])
      expect(await records.upkeep.erase(number, {})).toMatchObject({
        kind: 'erased',
        callSids: [expect.any(String), expect.any(String)],
      })
    })

    it('refuses what is no number', async () => {
      await using records = await (await newPlace()).open()
      await expect(records.upkeep.erase('4155550123', {})).rejects.toBeInstanceOf(RangeError)
    })
  })
})
