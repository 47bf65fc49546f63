import { describe, expect, it } from 'vitest'
import type { Records } from '../../src/storage/open-storage.ts'
import { onBothDatabases } from './places.ts'
import { newCallSid, ringingCall, turnOf } from './records.ts'
import { number, other } from './whole-call.ts'

const atMs = Date.UTC(2026, 10, 20, 9)

/** What is said in a turn: in one of a hundred the number. */
function said(seq: number): string {
  return seq % 100 === 7 ? `turn ${seq}, ${number}` : `turn ${seq}`
}

/** Somebody proposes a text message in a call; answers the proposal's id. */
async function propose(records: Records, body: string, question?: string): Promise<string> {
  const sessionId = newCallSid()
  const proposalId = `proposal_${sessionId.slice(-24)}`
  await records.effects.insertProposal(
    {
      proposalId,
      sessionId,
      callId: 'call_1',
      tool: 'send_sms',
      arguments: JSON.stringify({ to_number: other, body }),
      argumentsHash: 'ab'.repeat(32),
      actor: 'server',
      strength: 'S4',
      taint: [],
      createdAtMs: atMs,
    },
    { nonceHash: proposalId, ttlMs: 1 },
  )
  await records.effects.moveConfirmation(proposalId, { state: 'denied', ...(question && { question }) })
  return proposalId
}

await onBothDatabases((name, newPlace) => {
  describe(`${name}: erase()`, () => {
    it('strikes the number out of contacts of others, and they are found by what is left', async () => {
      await using records = await (await newPlace()).open()
      const { contacts, upkeep } = records
      const times = { createdAtMs: atMs, updatedAtMs: atMs }
      const bob = { contactId: 'contact_1', name: 'Bob', number: other, ...times }
      await contacts.put({ ...bob, note: `wife Ann ${number}`, email: '4155550123@txt.example.org' })
      await contacts.put({ contactId: 'contact_2', name: 'Ann (415) 555-0123', ...times })
      await contacts.put({ contactId: 'contact_3', name: 'Cy', email: 'cy@example.org', ...times })
      expect(await upkeep.erase(number, {})).toMatchObject({ mentions: 2 })
      expect(await contacts.find('contact_1')).toEqual({ ...bob, note: 'wife Ann …' })
      expect(await contacts.findByName('555', 9)).toEqual([])
      expect(await contacts.findByName('ann …', 9)).toMatchObject([{ contactId: 'contact_2', name: 'Ann …' }])
      expect(await contacts.find('contact_3')).toMatchObject({ name: 'Cy', email: 'cy@example.org' })
    })

    it('strikes it out of the proof of consents of others', async () => {
      await using records = await (await newPlace()).open()
      const { permissions, upkeep } = records
      const consent = { consentId: 'consent_1', source: 'given', givenAtMs: atMs } as const
      await permissions.addConsent(other, { ...consent, proof: `said by ${number}` })
      expect(await upkeep.erase(number, {})).toMatchObject({ mentions: 1 })
      expect(await permissions.consentsOf(other, atMs)).toMatchObject([{ proof: 'said by …' }])
    })

    it('removes arguments that hold it over a line break, and strikes it out of questions', async () => {
      await using records = await (await newPlace()).open()
      const { effects, upkeep } = records
      const broken = await propose(records, 'Ann:\n415\n555 0123', 'Shall I text Bob?')
      const asked = await propose(records, 'Hello', 'Shall I cancel "Lunch, 415 555 0123"?')
      const kept = await propose(records, 'Ann:\n415\n555 0124', 'Shall I text Bob?')
      expect(await upkeep.erase(number, {})).toMatchObject({ mentions: 2 })
      expect(await effects.findProposal(broken)).toBeUndefined()
      expect((await effects.findConfirmation(broken))?.question).toBeUndefined()
      expect((await effects.findConfirmation(asked))?.question).toBe('Shall I cancel "Lunch, …"?')
      expect(await effects.findProposal(kept)).toBeDefined()
      expect((await effects.findConfirmation(kept))?.question).toBe('Shall I text Bob?')
    })

    it('finds it on every page of many texts', async () => {
      await using records = await (await newPlace()).open()
      const { calls, upkeep } = records
      const sids = [newCallSid(), newCallSid(), newCallSid()]
      for (const callSid of sids) {
        const ended = { endedAtMs: atMs, ending: 'callerHungUp', status: 'completed' } as const
        await calls.insertCall({ ...ringingCall(callSid), ...ended })
        const turns = Array.from({ length: 400 }, (_, seq) => calls.putTurn(turnOf(callSid, seq, said(seq))))
        await Promise.all([...turns, calls.flush()])
      }
      expect(await upkeep.erase(number, {})).toMatchObject({ mentions: 12 })
      for (const callSid of sids) {
        const texts = (await calls.completeCall(callSid))?.turns.map(({ text }) => text) ?? []
        expect(texts.filter((text) => text.includes('…'))).toEqual(
          [7, 107, 207, 307].map((seq) => `turn ${seq}, …`),
        )
        expect(texts.join('\n')).not.toContain(number)
      }
    })
  })
})
