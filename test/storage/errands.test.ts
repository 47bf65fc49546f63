import { describe, expect, it } from 'vitest'
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
      await notices.settle({ kind: 'errand', id: all[2] }, 'sent')
      expect(await open(9)).toEqual([all[1], all[0]])
      expect(await errands.find(all[2])).toMatchObject({
        status: 'busy',
        reportedAtMs: startedAtMs + 5,
        notice: 'sent',
      })
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
