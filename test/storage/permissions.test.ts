import { describe, expect, it } from 'vitest'
import { onBothDatabases } from './places.ts'
import { startedAtMs } from './records.ts'

const number = '+14155550123'
const dayMs = 86_400_000

await onBothDatabases((name, newPlace) => {
  describe(`${name}: opt-outs`, () => {
    it('hold at once and for five years, for that number alone', async () => {
      await using records = await (await newPlace()).open()
      const { permissions } = records
      expect(await permissions.isOptedOut(number, startedAtMs)).toBe(false)
      await permissions.optOut(number, { source: 'sms', nowMs: startedAtMs })
      expect(await permissions.isOptedOut(number, startedAtMs)).toBe(true)
      expect(await permissions.isOptedOut(number, startedAtMs + 5 * 365 * dayMs)).toBe(true)
      expect(await permissions.isOptedOut(number, startedAtMs + 6 * 365 * dayMs)).toBe(false)
      expect(await permissions.isOptedOut('+14155550124', startedAtMs)).toBe(false)
    })

    it('can be lifted, and can be asked for anew', async () => {
      await using records = await (await newPlace()).open()
      const { permissions } = records
      expect(await permissions.liftOptOut(number, startedAtMs)).toBe(false)
      await permissions.optOut(number, { source: 'voice', nowMs: startedAtMs })
      expect(await permissions.liftOptOut(number, startedAtMs)).toBe(true)
      expect(await permissions.liftOptOut(number, startedAtMs)).toBe(false)
      expect(await permissions.isOptedOut(number, startedAtMs)).toBe(false)
      await permissions.optOut(number, { source: 'voice', nowMs: startedAtMs })
      expect(await permissions.isOptedOut(number, startedAtMs)).toBe(true)
    })

    it('are recognised by the next process', async () => {
      const place = await newPlace()
      {
        await using records = await place.open()
        await records.permissions.optOut(number, { source: 'operator', nowMs: startedAtMs })
      }
      await using records = await place.open()
      expect(await records.permissions.isOptedOut(number, startedAtMs)).toBe(true)
    })
  })

  describe(`${name}: consents`, () => {
    it('hold until they expire or are withdrawn, the newest first', async () => {
      await using records = await (await newPlace()).open()
      const { permissions } = records
      const given = {
        consentId: 'consent_a',
        source: 'given',
        proof: 'call_1',
        givenAtMs: startedAtMs,
      } as const
      const asked = {
        consentId: 'consent_b',
        source: 'callee_request',
        givenAtMs: startedAtMs + 1,
        expiresAtMs: startedAtMs + 100,
      } as const
      await permissions.addConsent(number, given)
      await permissions.addConsent(number, asked)
      expect(await permissions.consentsOf(number, startedAtMs + 50)).toStrictEqual([asked, given])
      expect(await permissions.consentsOf(number, startedAtMs + 100)).toStrictEqual([given])
      expect(await permissions.consentsOf(number, startedAtMs - 1)).toEqual([])
      expect(await permissions.consentsOf('+14155550124', startedAtMs + 50)).toEqual([])
      expect(await permissions.withdrawConsents(number, startedAtMs + 60)).toBe(2)
      expect(await permissions.withdrawConsents(number, startedAtMs + 60)).toBe(0)
      expect(await permissions.consentsOf(number, startedAtMs + 60)).toEqual([])
    })

    it('useConsent() lets the statement of the owner cover one errand', async () => {
      await using records = await (await newPlace()).open()
      const { permissions } = records
      const once = { consentId: 'consent_a', source: 'owner_statement', givenAtMs: startedAtMs } as const
      await permissions.addConsent(number, once)
      await permissions.addConsent(number, { ...once, consentId: 'consent_b', source: 'given' })
      const uses = await Promise.all(
        Array.from({ length: 5 }, (_, index) => permissions.useConsent('consent_a', `intent_${index}`)),
      )
      expect(uses.filter(Boolean)).toHaveLength(1)
      expect(await permissions.useConsent('consent_b', 'intent_x')).toBe(false)
      expect((await permissions.consentsOf(number, startedAtMs)).map(({ consentId }) => consentId)).toEqual([
        'consent_b',
      ])
    })

    it('end with an opt-out, those of that number alone, and stay ended when it is lifted', async () => {
      await using records = await (await newPlace()).open()
      const { permissions } = records
      const other = '+14155550124'
      const given = { consentId: 'consent_a', source: 'given', givenAtMs: startedAtMs } as const
      const stated = { consentId: 'consent_b', source: 'owner_statement', givenAtMs: startedAtMs } as const
      const others = { consentId: 'consent_c', source: 'given', givenAtMs: startedAtMs } as const
      await permissions.addConsent(number, given)
      await permissions.addConsent(number, stated)
      await permissions.addConsent(other, others)
      await permissions.optOut(number, { source: 'voice', nowMs: startedAtMs + 10 })
      expect(await permissions.consentsOf(number, startedAtMs + 20)).toEqual([])
      expect(await permissions.useConsent('consent_b', 'intent_x')).toBe(false)
      expect(await permissions.consentsOf(other, startedAtMs + 20)).toStrictEqual([others])
      expect(await permissions.liftOptOut(number, startedAtMs + 30)).toBe(true)
      expect(await permissions.consentsOf(number, startedAtMs + 40)).toEqual([])
      const anew = { consentId: 'consent_d', source: 'callee_request', givenAtMs: startedAtMs + 50 } as const
      await permissions.addConsent(number, anew)
      expect(await permissions.consentsOf(number, startedAtMs + 60)).toStrictEqual([anew])
    })

    it('refuse what is no number', async () => {
      await using records = await (await newPlace()).open()
      const consent = { consentId: 'consent_a', source: 'given', givenAtMs: startedAtMs } as const
      await expect(records.permissions.addConsent('Ann', consent)).rejects.toBeInstanceOf(RangeError)
    })
  })
})
