import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../src/sim/caller/random.ts'
import { VirtualClock } from '../../src/lib/virtual-clock.ts'
import { auditRedaction } from '../../src/ops/audit-redaction.ts'
import type { Records } from '../../src/storage/open-storage.ts'
import { openedRecords, temporaryFolder } from './opening.ts'
import { onBothDatabases } from './places.ts'
import { newCallSid, ringingCall, startedAtMs, turnOf } from './records.ts'
import { number, other, wholeCall, words } from './whole-call.ts'

describe('erase() on SQLite', () => {
  it('leaves no trace of number or words in any file of the folder, also while the folder is in use', async () => {
    using folder = temporaryFolder()
    await using records = await openedRecords(folder.path)
    const { upkeep, contacts, people } = records
    const nowMs = Date.now()
    const lines = Array.from({ length: 40 }, () => [number, other, other]).flat()
    // One after another, so that their rows lie among those of others and pages split between them.
    for (const from of lines) await wholeCall(records, { from, atMs: nowMs })
    const contact = { contactId: 'contact_1', name: 'Wilhelmina', createdAtMs: nowMs, updatedAtMs: nowMs }
    await contacts.put({ ...contact, number, note: 'allergic to peanuts' })
    expect(tracesIn(folder.path)).toEqual(['number', 'national', 'name', 'note', 'words'])
    await upkeep.erase(other, {})
    expect(tracesIn(folder.path)).toEqual(['number', 'national', 'name', 'note', 'words'])
    expect(await upkeep.erase(number, {})).toMatchObject({ kind: 'erased', isScrubbed: true })
    expect(tracesIn(folder.path)).toEqual([])
    expect(await people.idOf(other)).toBeTypeOf('string')
    expect(await records.audit.verify()).toMatchObject({ ok: true })
  })

  it('leaves none between the rows of pages that were split either', async () => {
    using folder = temporaryFolder()
    await using records = await openedRecords(folder.path)
    const { calls } = records
    // With this seed eleven copies are left when rows are only overwritten where they are.
    const random = seededRandom(5)
    const said = `call me at ${number.slice(0, 5)} 555 0123 `
    for (let index = 0; index < 300; index += 1) {
      // In no order, as the network gives them.
      const callSid = `CA${random.hex(32)}`
      const from = random.next() < 0.4 ? number : other
      const call = { ...ringingCall(callSid), from, endedAtMs: startedAtMs, ending: 'idle' } as const
      const texts = [0, 1, 2].map(() => 'x'.repeat(random.whole(100)) + said.repeat(1 + random.whole(20)))
      const inserted = calls.insertCall(call)
      const turns = texts.map((text, seq) => calls.putTurn(turnOf(callSid, seq, text)))
      await Promise.all([inserted, ...turns])
    }
    expect(await records.upkeep.erase(number, {})).toMatchObject({ isScrubbed: true })
    expect(occurrences(folder.path, '555 0123')).toBe(0)
  })

  it('says so when somebody who reads keeps the old log alive, and the next one clears it', async () => {
    using folder = temporaryFolder()
    const clock = new VirtualClock()
    await using records = await openedRecords(folder.path, { clock })
    await wholeCall(records, { from: number, atMs: Date.now() })
    using reader = new DatabaseSync(join(folder.path, 'consigliere.db'), { readOnly: true })
    reader.exec('begin; select count(*) from turns')
    reader.prepare('select count(*) from turns').all()
    const erasing = records.upkeep.erase(number, {})
    const run = { isOver: false }
    const done = erasing.finally(() => (run.isOver = true))
    while (!run.isOver) {
      await new Promise((resume) => setImmediate(resume))
      clock.advance(250)
    }
    expect(await done).toMatchObject({ kind: 'erased', isScrubbed: false })
    reader.exec('commit')
    expect(await records.upkeep.erase(number, {})).toMatchObject({ callSids: [], isScrubbed: true })
    expect(tracesIn(folder.path)).toEqual([])
  })
})

await onBothDatabases((name, newPlace) => {
  describe(`${name}: erase()`, () => {
    it('leaves a call that begins meanwhile, with whose it is, and says so', async () => {
      const live = { ...ringingCall(newCallSid()), from: number }
      const left = { messageId: 'message_1', callSid: live.callSid, from: number, receivedAtMs: 1 } as const
      const held: { records?: Records | undefined } = {}
      await using records = await (
        await newPlace()
      ).open({
        auditRedaction: (event) => {
          // In the middle of what goes first: written next, before the calls that are left then.
          if (event.data?.state === 'begun') {
            void held.records?.calls.insertCall(live)
            void held.records?.calls.insertMessage({ ...left, kind: 'words', text: 'Call me' })
            held.records = undefined
          }
          return auditRedaction(event)
        },
      })
      held.records = records
      const { calls, people, upkeep, audit, messages } = records
      await calls.insertMessage({
        ...left,
        messageId: 'message_0',
        callSid: newCallSid(),
        kind: 'words',
        text: 'Of a call that is gone',
      })
      const over = await Promise.all(
        Array.from({ length: 45 }, () => wholeCall(records, { from: number, atMs: Date.now() })),
      )
      const report = await upkeep.erase(number, {})
      expect(report).toMatchObject({ kind: 'erased', callsLeft: 1 })
      expect(report.kind === 'erased' && report.callSids.toSorted()).toEqual(over.toSorted())
      expect(await calls.findCall(live.callSid)).toMatchObject({ from: number })
      expect(await messages.find('message_0')).toBeUndefined()
      expect(await messages.find('message_1')).toBeDefined()
      expect(await people.find(number)).toBeTypeOf('string')
      await Promise.all([calls.patchCall(live.callSid, { endedAtMs: 1 }), calls.flush()])
      expect(await upkeep.erase(number, {})).toMatchObject({ callSids: [live.callSid], callsLeft: 0 })
      expect(await people.find(number)).toBeUndefined()
      const { seq } = await audit.head()
      const states = (await audit.page({ afterSeq: seq - 4, maxRecords: 4 })).map(({ data }) => data.state)
      expect(states).toEqual(['begun', 'callsLeft', 'begun', 'done'])
    })

    it('is in the audit log also when it ends in the middle', async () => {
      const place = await newPlace()
      const held: { records?: Records } = {}
      const records = await place.open({
        auditRedaction: (event) => {
          if (event.data?.state === 'begun') void held.records?.[Symbol.asyncDispose]()
          return auditRedaction(event)
        },
      })
      held.records = records
      const calls = Array.from({ length: 25 }, () => wholeCall(records, { from: number, atMs: Date.now() }))
      const callSids = await Promise.all(calls)
      await expect(records.upkeep.erase(number, {})).rejects.toMatchObject({ code: 'closed' })
      await records[Symbol.asyncDispose]()
      await using again = await place.open()
      const found = await Promise.all(callSids.map((callSid) => again.calls.findCall(callSid)))
      expect(found.filter(Boolean)).toHaveLength(5)
      expect((await again.audit.page({ afterSeq: 0, maxRecords: 9 })).at(-1)).toMatchObject({
        kind: 'erasure',
        data: { state: 'begun' },
      })
      expect(await again.audit.verify()).toMatchObject({ ok: true })
    })
  })
})

/** How often a text is in the files of a folder. */
function occurrences(folder: string, text: string): number {
  return filesIn(folder)
    .map((content) => content.toString('latin1').split(text).length - 1)
    .reduce((sum, count) => sum + count, 0)
}

/** Which of what must go is in any file of a folder. */
function tracesIn(folder: string): readonly string[] {
  const bytes = filesIn(folder)
  const marks = { number, national: '4155550123', name: 'Wilhelmina', note: 'peanuts', words }
  return Object.entries(marks).flatMap(([kind, mark]) =>
    bytes.some((content) => content.includes(mark)) ? [kind] : [],
  )
}

function filesIn(folder: string): readonly Buffer[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8', withFileTypes: true })
  return files.filter((file) => file.isFile()).map((file) => readFileSync(join(file.parentPath, file.name)))
}
