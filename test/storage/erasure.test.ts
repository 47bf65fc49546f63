import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../src/sim/caller/random.ts'
import { VirtualClock } from '../../src/lib/virtual-clock.ts'
import { openedRecords, temporaryFolder } from './opening.ts'
import { ringingCall, startedAtMs, turnOf } from './records.ts'
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
