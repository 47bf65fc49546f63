import { describe, expect, it } from 'vitest'
import type { OutcomeRecord } from '../../src/ports/effects.ts'
import { onBothDatabases } from './places.ts'
import { newCallSid, ringingCall, startedAtMs } from './records.ts'

let refs = 0
function newRef(): string {
  refs += 1
  return `intent_x${String(refs).padStart(24, '0')}`
}

await onBothDatabases((name, newPlace) => {
  describe(`${name}: errands`, () => {
    it('take() gives an intent to the first call that asks, for ever, and a call to one intent', async () => {
      await using records = await (await newPlace()).open()
      const { errands } = records
      const ref = newRef()
      const [first, second, sessionId] = [newCallSid(), newCallSid(), newCallSid()]
      const take = (callSid: string, of = ref) =>
        errands.take({ ref: of, callSid, sessionId, takenAtMs: startedAtMs })
      expect(await Promise.all([take(first), take(second)])).toEqual([first, first])
      expect(await take(first)).toBe(first)
      expect(await take(first, newRef())).toBe('')
      expect(await errands.find(ref)).toStrictEqual({
        ref,
        callSid: first,
        sessionId,
        takenAtMs: startedAtMs,
      })
      expect(await errands.find(newRef())).toBeUndefined()
    })

    it('report() marks once, and open() answers those without, the oldest first', async () => {
      await using records = await (await newPlace()).open()
      const { errands, notices } = records
      const all = [newRef(), newRef(), newRef()] as const
      for (const [at, ref] of all.entries()) {
        await errands.take({
          ref,
          callSid: newCallSid(),
          sessionId: newCallSid(),
          takenAtMs: startedAtMs - at,
        })
      }
      const open = async (most: number) => (await errands.open(most)).map(({ ref }) => ref)
      expect(await open(9)).toEqual(all.toReversed())
      expect(await open(1)).toEqual([all[2]])
      const end = { status: 'busy', nowMs: startedAtMs + 5 } as const
      expect(await errands.report(all[2], end)).toBe(true)
      expect(await errands.report(all[2], end)).toBe(false)
      expect(await errands.report(newRef(), end)).toBe(false)
      const of = { kind: 'errand', id: all[2], callSid: newCallSid() } as const
      await notices.settle(of, { state: 'sent', again: false })
      expect(await open(9)).toEqual([all[1], all[0]])
      expect(await errands.find(all[2])).toMatchObject({
        status: 'busy',
        reportedAtMs: startedAtMs + 5,
        notice: 'sent',
      })
    })

    it('lost() answers calls that the network took, without a last word and a report, the oldest first', async () => {
      await using records = await (await newPlace()).open()
      const { effects, errands } = records
      const begun = async (atMs: number, outcome?: Partial<OutcomeRecord>, tool = 'make_call') => {
        const [ref, callSid, sessionId] = [newRef(), newCallSid(), newCallSid()]
        const of = {
          scope: sessionId,
          key: ref,
          tool,
          argumentsHash: 'ab'.repeat(32),
          sessionId,
          strength: 'S2',
        } as const
        const createdAtMs = startedAtMs + atMs
        await effects.claimIntent({
          ...of,
          intentId: ref,
          actor: 'person_0a1b2c3d4e5f60718293a4b5',
          createdAtMs,
        })
        const known = { state: 'done', providerId: callSid, settledAtMs: startedAtMs, ...outcome } as const
        if (outcome) await effects.settleIntent(ref, known)
        return { ref, callSid, sessionId, takenAtMs: createdAtMs }
      }
      const [second, first, third] = [await begun(20, {}), await begun(10, {}), await begun(20, {})]
      const reported = await begun(15, {})
      await begun(15)
      await begun(15, { code: 'completed' })
      await begun(15, { state: 'failed', code: 'busy' })
      await begun(15, { state: 'unknown' })
      await begun(15, {}, 'send_sms')
      const { ref: unnamed } = await begun(15)
      await effects.settleIntent(unnamed, { state: 'done', settledAtMs: startedAtMs })
      for (const call of [second, reported]) await errands.take(call)
      await errands.report(reported.ref, { status: 'answered', nowMs: startedAtMs })
      const lost = async (
        fromMs: number,
        toMs: number,
        rest: { isUntaken?: boolean; maxCalls?: number } = {},
      ) =>
        (
          await errands.lost({ fromMs: startedAtMs + fromMs, toMs: startedAtMs + toMs, maxCalls: 9, ...rest })
        ).map(({ ref }) => ref)
      const { ref, callSid } = first
      expect(await errands.lost({ fromMs: 0, toMs: startedAtMs + 10, maxCalls: 9 })).toEqual([
        { ref, callSid },
      ])
      expect(await lost(0, 20)).toEqual([ref, second.ref, third.ref])
      expect(await lost(0, 20, { maxCalls: 2 })).toEqual([ref, second.ref])
      expect(await lost(0, 20, { isUntaken: true })).toEqual([ref, third.ref])
      expect(await lost(0, 19)).toEqual([ref])
      expect(await lost(10, 20)).toEqual([second.ref, third.ref])
      expect(await lost(20, 30)).toEqual([])
    })

    it('goes when its call does', async () => {
      await using records = await (await newPlace()).open()
      const { calls, errands, upkeep } = records
      const call = { ...ringingCall(), direction: 'outbound', to: '+14155550177' } as const
      await calls.insertCall({ ...call, endedAtMs: startedAtMs + 1, ending: 'agentHungUp' })
      const ref = newRef()
      await errands.take({ ref, callSid: call.callSid, sessionId: newCallSid(), takenAtMs: startedAtMs })
      expect(await upkeep.erase('+14155550177', { actor: 'server' })).toMatchObject({ kind: 'erased' })
      expect(await errands.find(ref)).toBeUndefined()
    })
  })
})
