import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ConfirmationState, IntentDraft } from '../../src/ports/effects.ts'
import {
  actor,
  argumentsHash,
  audited,
  confirmable,
  destination,
  newDraft,
  newId,
  newProposal,
} from './effect-records.ts'
import { onBothDatabases } from './places.ts'
import { newCallSid, startedAtMs } from './records.ts'

function isFinal(state: ConfirmationState): boolean {
  return state !== 'proposed' && state !== 'asked'
}

await onBothDatabases((name, newPlace) => {
  describe(`${name}: proposals and confirmations`, () => {
    it('are found as they were written', async () => {
      await using records = await (await newPlace()).open()
      const { effects } = records
      const proposal = newProposal()
      const { proposalId } = proposal
      await effects.insertProposal(proposal, { nonceHash: argumentsHash, ttlMs: 30_000 })
      expect(await effects.findProposal(proposalId)).toStrictEqual(proposal)
      const confirmation = {
        proposalId,
        nonceHash: argumentsHash,
        state: 'proposed',
        ttlMs: 30_000,
        attempts: 0,
      }
      expect(await effects.findConfirmation(proposalId)).toStrictEqual(confirmation)
      const asked = { state: 'asked', attempts: 1, question: 'Shall I?', askedAtMs: startedAtMs + 1 } as const
      expect(await effects.moveConfirmation(proposalId, asked)).toBe(true)
      const evidence = { by: 'speech', id: 'item_1' }
      const confirmed = { state: 'confirmed', decidedAtMs: startedAtMs + 2, evidence } as const
      expect(await effects.moveConfirmation(proposalId, confirmed)).toBe(true)
      expect(await effects.findConfirmation(proposalId)).toStrictEqual({
        ...confirmation,
        ...asked,
        ...confirmed,
      })
      expect(await effects.findConfirmation(newId('proposal'))).toBeUndefined()
      expect(await effects.findProposal(newId('proposal'))).toBeUndefined()
    })

    it('moveConfirmation() never changes a final state, in whatever order the states come', async () => {
      await using records = await (await newPlace()).open()
      const { effects } = records
      const states = [
        'proposed',
        'asked',
        'confirmed',
        'denied',
        'expired',
        'superseded',
        'cancelled',
      ] as const
      await fc.assert(
        fc.asyncProperty(fc.array(fc.constantFrom(...states), { maxLength: 6 }), async (arrived) => {
          const proposal = newProposal()
          const { proposalId } = proposal
          await effects.insertProposal(proposal, { nonceHash: newId('n'), ttlMs: 1 })
          const moved = await Promise.all(
            arrived.map((state) => effects.moveConfirmation(proposalId, { state })),
          )
          const end = arrived.findIndex(isFinal)
          expect(moved).toEqual(arrived.map((_, index) => end === -1 || index <= end))
          const last = end === -1 ? (arrived.at(-1) ?? 'proposed') : arrived[end]
          expect((await effects.findConfirmation(proposalId))?.state).toBe(last)
        }),
        { seed: 20_261_120, numRuns: 40 },
      )
    })
  })

  describe(`${name}: intents`, () => {
    it('claimIntent() lets one of many win, and tells the others which', async () => {
      await using records = await (await newPlace()).open()
      const draft = newDraft()
      const claims = await Promise.all(
        Array.from({ length: 40 }, () =>
          records.effects.claimIntent({ ...draft, intentId: newId('intent') }),
        ),
      )
      const won = claims.filter((claim) => claim.ok)
      expect(won).toHaveLength(1)
      const lost = claims.flatMap((claim) => (claim.ok || claim.reason !== 'duplicate' ? [] : [claim.intent]))
      expect(new Set(lost.map(({ intentId }) => intentId)).size).toBe(1)
      expect(lost).toHaveLength(39)
      expect(await audited(records, 'intent')).toHaveLength(1)
    })

    it('claimIntent() is in the audit log when it resolves, with hashes and without the number', async () => {
      await using records = await (await newPlace()).open()
      const draft = newDraft({ destination, range: '+1415555' })
      const claim = await records.effects.claimIntent(draft)
      const destinationHash = records.people.keyed(destination)
      expect(claim).toEqual({ ok: true, auditSeq: 1 })
      expect(await records.effects.findIntent(draft.intentId)).toMatchObject({
        intentId: draft.intentId,
        auditSeq: 1,
        destinationHash,
        destinationLast4: '0123',
      })
      const [record] = await audited(records, 'intent')
      expect(record).toMatchObject({
        seq: 1,
        actor,
        strength: 'S2',
        session: draft.sessionId,
        tool: 'send_sms',
        argumentsHash: records.people.keyed(argumentsHash),
        data: { intent: draft.intentId, textHash: destinationHash },
      })
    })

    it.each(['proposed', 'asked', 'denied', 'expired', 'superseded', 'cancelled'] as const)(
      'claimIntent() refuses on a confirmation that is %s, and leaves nothing behind',
      async (state) => {
        await using records = await (await newPlace()).open()
        const draft = await confirmable(records, state)
        expect(await records.effects.claimIntent(draft)).toEqual({ ok: false, reason: 'notConfirmed' })
        expect(await records.effects.findIntent(draft.intentId)).toBeUndefined()
        expect(await audited(records, 'intent')).toEqual([])
      },
    )

    it.each([
      { intentId: 'intent +14155550123' },
      { actor: '+14155550123' },
      { sessionId: 'my session' },
      { argumentsHash: 'none' },
      { tool: 'Send SMS' },
    ])('claimIntent() refuses %j, which the audit log could not keep', async (odd) => {
      await using records = await (await newPlace()).open()
      const draft = newDraft(odd)
      await expect(records.effects.claimIntent(draft)).rejects.toBeInstanceOf(RangeError)
      expect(await records.effects.findIntent(draft.intentId)).toBeUndefined()
    })

    it('claimIntent() refuses a yes to anything else, and uses each yes once', async () => {
      await using records = await (await newPlace()).open()
      const { effects } = records
      const draft = await confirmable(records, 'confirmed')
      const others: readonly Partial<IntentDraft>[] = [
        { argumentsHash: 'cd'.repeat(32) },
        { tool: 'make_call' },
        { sessionId: newCallSid() },
        { actor: 'key:ci' },
        { nonceHash: 'ef'.repeat(32) },
        { confirmationId: newId('proposal') },
      ]
      for (const other of others) {
        expect(await effects.claimIntent({ ...draft, ...other })).toEqual({
          ok: false,
          reason: 'notConfirmed',
        })
      }
      expect(await effects.claimIntent(draft)).toEqual({ ok: true, auditSeq: 1 })
      // The same again is the same intent, and not a second use.
      expect(await effects.claimIntent(draft)).toMatchObject({ ok: false, reason: 'duplicate' })
      const claims = await Promise.all(
        Array.from({ length: 10 }, (_, index) =>
          effects.claimIntent({ ...draft, intentId: newId('intent'), key: `try-${index}` }),
        ),
      )
      expect(claims).toEqual(claims.map(() => ({ ok: false, reason: 'notConfirmed' })))
      expect((await effects.findConfirmation(draft.confirmationId ?? ''))?.usedAtMs).toBe(draft.createdAtMs)
    })

    it('settleIntent() takes an outcome once; only unknown gives way to a better word', async () => {
      await using records = await (await newPlace()).open()
      const { effects } = records
      const draft = newDraft({ destination })
      const { intentId } = draft
      await effects.claimIntent(draft)
      const unknown = { state: 'unknown', code: 'timeout', settledAtMs: startedAtMs + 6 } as const
      const done = {
        state: 'done',
        providerId: `SM${'0f'.repeat(16)}`,
        settledAtMs: startedAtMs + 9,
      } as const
      expect(await effects.settleIntent(intentId, unknown)).toBe(true)
      expect(await effects.unresolved(5)).toMatchObject([{ intentId, outcome: unknown }])
      expect(await effects.wasReached(destination)).toBe(false)
      expect(await effects.wasTried(destination)).toBe(true)
      expect(await effects.wasTried('+14155550199')).toBe(false)
      expect(await effects.settleIntent(intentId, done)).toBe(true)
      expect(await effects.settleIntent(intentId, { state: 'failed', settledAtMs: 1 })).toBe(false)
      expect(await effects.settleIntent(newId('intent'), done)).toBe(false)
      expect((await effects.findIntent(intentId))?.outcome).toStrictEqual(done)
      expect(await effects.unresolved(5)).toEqual([])
      expect(await effects.wasReached(destination)).toBe(true)
      expect((await audited(records, 'outcome')).map(({ data }) => data)).toEqual([
        { intent: intentId, state: 'unknown', code: 'timeout' },
        { intent: intentId, state: 'done', provider: done.providerId },
      ])
    })

    it('effectsSince() counts what was begun, by keyed hashes', async () => {
      await using records = await (await newPlace()).open()
      const { effects, people } = records
      await effects.claimIntent(newDraft({ destination, range: '+1415' }))
      await effects.claimIntent(newDraft({ destination: 'a@example.org', createdAtMs: startedAtMs + 100 }))
      await effects.claimIntent(newDraft({ tool: 'make_call' }))
      const counted = await effects.effectsSince('send_sms', startedAtMs)
      expect(counted).toHaveLength(2)
      expect(counted).toContainEqual({
        tool: 'send_sms',
        wallMs: startedAtMs + 5,
        destination: people.keyed(destination),
        range: people.keyed('+1415'),
        actor,
      })
      expect(await effects.effectsSince('send_sms', startedAtMs + 50)).toHaveLength(1)
    })
  })

  describe(`${name}: two processes`, () => {
    it('claimIntent() lets one of both win', async (context) => {
      const place = await newPlace()
      context.skip(place.databaseUrl === undefined, 'on SQLite a folder belongs to one process')
      await using one = await place.open()
      await using other = await place.open()
      for (let race = 0; race < 30; race += 1) {
        const draft = newDraft()
        const claims = await Promise.all(
          [one, other].map(({ effects }) => effects.claimIntent({ ...draft, intentId: newId('intent') })),
        )
        expect(claims.filter(({ ok }) => ok)).toHaveLength(1)
      }
      expect(await audited(one, 'intent')).toHaveLength(30)
      expect(await one.audit.verify()).toMatchObject({ ok: true })
      // Whoever lives keeps what is under way.
      expect(await other.effects.closeLeftovers(startedAtMs)).toEqual({ unknown: [], voided: [] })
    })
  })
})
