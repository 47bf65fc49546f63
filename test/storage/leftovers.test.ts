import { describe, expect, it } from 'vitest'
import { argumentsHash, audited, confirmable, destination, newDraft } from './effect-records.ts'
import { onBothDatabases } from './places.ts'
import { startedAtMs } from './records.ts'

await onBothDatabases((name, newPlace) => {
  describe(`${name}: what a dead process left`, () => {
    it('closeLeftovers() makes intents without outcome unknown and open questions void, once', async () => {
      const place = await newPlace()
      const dead = await place.open()
      const [left, settled, open] = [newDraft(), newDraft(), await confirmable(dead, 'asked')]
      const asked = { state: 'asked', attempts: 1 } as const
      await dead.effects.moveConfirmation(open.confirmationId ?? '', asked)
      const yes = await confirmable(dead, 'confirmed')
      await dead.effects.claimIntent(left)
      await dead.effects.claimIntent(settled)
      await dead.effects.settleIntent(settled.intentId, { state: 'failed', settledAtMs: startedAtMs })
      expect(await dead.effects.closeLeftovers(startedAtMs)).toEqual({ unknown: [], voided: [] })
      await dead[Symbol.asyncDispose]()
      await using records = await place.open()
      const { effects } = records
      const nowMs = startedAtMs + 60_000
      const outcome = { state: 'unknown', code: 'processDied', settledAtMs: nowMs }
      expect(await effects.closeLeftovers(nowMs)).toMatchObject({
        unknown: [{ intentId: left.intentId, outcome }],
        voided: [open.confirmationId],
      })
      expect((await effects.findIntent(left.intentId))?.outcome).toStrictEqual(outcome)
      expect((await effects.findIntent(settled.intentId))?.outcome?.state).toBe('failed')
      expect((await effects.findConfirmation(yes.confirmationId ?? ''))?.state).toBe('confirmed')
      expect(await effects.claimIntent(open)).toEqual({ ok: false, reason: 'notConfirmed' })
      expect((await audited(records, 'outcome')).at(-1)).toMatchObject({
        tool: 'send_sms',
        data: { intent: left.intentId, state: 'unknown', code: 'processDied' },
      })
      const answers = await audited(records, 'answer')
      expect(answers).toHaveLength(1)
      expect(answers[0]).toMatchObject({
        actor: 'server',
        session: open.sessionId,
        tool: 'send_sms',
        argumentsHash: records.people.keyed(argumentsHash),
        data: { confirmation: open.confirmationId, state: 'cancelled', reason: 'processDied', attempts: 1 },
      })
      expect(answers[0]).not.toHaveProperty('strength')
      expect(await effects.closeLeftovers(nowMs + 1)).toEqual({ unknown: [], voided: [] })
      expect(await audited(records, 'answer')).toHaveLength(1)
      expect(await records.audit.verify()).toMatchObject({ ok: true })
    })

    it('closeLeftovers() makes a question void whose proposal was erased, and records what is known still', async () => {
      const place = await newPlace()
      const dead = await place.open()
      const { confirmationId } = await confirmable(dead, 'asked')
      await dead[Symbol.asyncDispose]()
      await using records = await place.open()
      await records.upkeep.erase(destination, { actor: 'server', strength: 'S4' })
      expect(await records.effects.closeLeftovers(startedAtMs)).toMatchObject({ voided: [confirmationId] })
      const [answer] = await audited(records, 'answer')
      expect(answer).toMatchObject({ actor: 'server', data: { confirmation: confirmationId } })
      expect(answer).not.toHaveProperty('tool')
    })
  })
})
