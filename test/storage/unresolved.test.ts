import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { IntentDraft } from '../../src/ports/effects.ts'
import type { Records } from '../../src/storage/open-storage.ts'
import { onBothDatabases } from './places.ts'
import { newCallSid, startedAtMs } from './records.ts'

const destination = '+14155550123'

function newId(prefix: string): string {
  return `${prefix}_x${randomBytes(12).toString('hex')}`
}

function newDraft(): IntentDraft {
  return {
    intentId: newId('intent'),
    scope: newCallSid(),
    key: newId('key'),
    tool: 'send_sms',
    argumentsHash: 'ab'.repeat(32),
    sessionId: newCallSid(),
    actor: 'person_0a1b2c3d4e5f60718293a4b5',
    strength: 'S2',
    destination,
    createdAtMs: startedAtMs,
  }
}

async function audited({ audit }: Records, kind: string) {
  return (await audit.page({ afterSeq: 0, maxRecords: 1000 })).filter((record) => record.kind === kind)
}

await onBothDatabases((name, newPlace) => {
  describe(`${name}: effects that stay unknown`, () => {
    it('showUnresolved() shows what stays unknown once, and untold() keeps it until it was told', async () => {
      const place = await newPlace()
      const first = await place.open()
      const drafts = [0, 1, 2, 3].map(() => newDraft())
      const [old, other, recent, known] = drafts.map(({ intentId }) => intentId)
      for (const draft of drafts) await first.effects.claimIntent(draft)
      const settle = (intentId = '', settledAtMs = startedAtMs): Promise<boolean> =>
        first.effects.settleIntent(intentId, { state: 'unknown', code: 'timeout', settledAtMs })
      await settle(old)
      await settle(other, startedAtMs + 1)
      await settle(recent, startedAtMs + 50)
      await settle(known)
      await first.effects.settleIntent(known ?? '', { state: 'done', settledAtMs: startedAtMs + 2 })
      const now = {
        sinceMs: startedAtMs + 49,
        nowMs: startedAtMs + 600_049,
        maxIntents: 1,
        by: { actor: 'server' },
      }
      expect(await first.effects.untold(9)).toEqual([])
      const one = await first.effects.showUnresolved(now)
      expect(one).toMatchObject({ shown: [{ intentId: old, destinationLast4: '0123' }], count: 2 })
      await first[Symbol.asyncDispose]()
      await using records = await place.open()
      const { effects } = records
      expect(await effects.showUnresolved(now)).toMatchObject({ shown: [{ intentId: other }], count: 2 })
      expect(await effects.showUnresolved(now)).toEqual({ shown: [], count: 2 })
      expect((await effects.untold(9)).map(({ intentId }) => intentId)).toEqual([old, other])
      expect(await effects.untold(1)).toHaveLength(1)
      const by = { actor: 'person_ffffffffffffffffffffffff', strength: 'S3', session: newCallSid() } as const
      const told = { nowMs: startedAtMs + 700_000, by }
      await effects.markTold([old ?? '', newId('intent')], told)
      await effects.markTold([old ?? ''], told)
      await effects.markTold([], told)
      expect((await effects.untold(9)).map(({ intentId }) => intentId)).toEqual([other])
      // A better word is not kept away by what was shown.
      await effects.settleIntent(other ?? '', { state: 'failed', settledAtMs: startedAtMs + 3 })
      expect(await effects.untold(9)).toEqual([])
      expect(await effects.showUnresolved(now)).toEqual({ shown: [], count: 1 })
      const rows = (await audited(records, 'outcome')).filter(({ data }) => data.reason !== undefined)
      expect(rows).toMatchObject([
        { actor: 'server', tool: 'send_sms', data: { intent: old, reason: 'unresolved' } },
        { actor: 'server', tool: 'send_sms', data: { intent: other, reason: 'unresolved' } },
        { ...by, tool: 'send_sms', data: { intent: old, reason: 'ownerTold' } },
      ])
      for (const shown of rows.slice(0, 2)) {
        expect(shown).not.toHaveProperty('strength')
        expect(shown).not.toHaveProperty('session')
      }
      expect(await records.audit.verify()).toMatchObject({ ok: true })
    })
  })
})
