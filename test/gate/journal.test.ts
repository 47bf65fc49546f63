import { describe, expect, it } from 'vitest'
import { Journal } from '../../src/gate/journal.ts'
import { openedRecords, temporaryFolder } from '../storage/opening.ts'

describe('Journal', () => {
  it('counts what is one too many as not recorded, and says so', async () => {
    using folder = temporaryFolder()
    await using records = await openedRecords(folder.path, { commits: 'loop' })
    const events: string[] = []
    const log = { event: (_level: string, name: string) => void events.push(name), forCall: () => log }
    const journal = new Journal({ audit: records.audit, effects: records.effects, log })
    for (let count = 1; count <= 513; count += 1) journal.record({ kind: 'answer' }, `proposal_${count}`)
    await journal.settled()
    expect([journal.isWhole('proposal_512'), journal.isWhole('proposal_513')]).toEqual([true, false])
    expect(events).toEqual(['auditNotWritten'])
    expect((await records.audit.head()).seq).toBe(512)
  })
})
