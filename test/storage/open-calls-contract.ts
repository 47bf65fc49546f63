import { describe, expect, it } from 'vitest'
import type { CallStorage } from '../../src/ports/storage.ts'
import { ringingCall, startedAtMs, turnOf } from './records.ts'

/** A storage, and what the next process would open after this one has ended. */
export type Successive = CallStorage & { successor(): Promise<CallStorage> }

/** The part of the contract of storages that is about calls that were left open. */
export function openCallsContract(name: string, open: () => Promise<Successive>): void {
  describe(`${name}: orphans`, () => {
    it('orphans() ends streams and sessions of a dead process, and takes over its calls, which stay open', async () => {
      await using storage = await open()
      const talking = { ...ringingCall(), status: 'in-progress' as const, answeredAtMs: startedAtMs + 1 }
      const ringing = { ...ringingCall(), startedAtMs: startedAtMs + 2 }
      const over = { ...ringingCall(), endedAtMs: startedAtMs, ending: 'idle' as const }
      await Promise.all([talking, ringing, over].map((call) => storage.insertCall(call)))
      const { callSid } = talking
      for (const nonce of [`${callSid}a`, `${callSid}b`]) {
        await storage.insertNonce({ nonce, callSid, issuedAtMs: startedAtMs, expiresAtMs: startedAtMs + 9 })
      }
      const turn = turnOf(callSid, 0)
      const writes = [
        storage.putStream({ streamSid: `MZ${callSid}`, callSid, startedAtMs }),
        storage.putSession({ sessionKey: callSid, callSid, provider: 'p', model: 'm', startedAtMs }),
        storage.putTurn(turn),
      ]
      const nowMs = startedAtMs + 1000
      expect(await storage.orphans(nowMs)).toEqual([])
      await Promise.all(writes)
      await using next = await storage.successor()
      const orphans = await next.orphans(nowMs)
      const ended = { endedAtMs: nowMs, endReason: 'processDied' }
      const ours = orphans.filter(({ call }) =>
        [callSid, ringing.callSid, over.callSid].includes(call.callSid),
      )
      expect(ours).toMatchObject([
        { call: talking, streams: [ended], sessions: [ended], turns: [turn], nonces: 2 },
        { call: ringing, streams: [], sessions: [], turns: [], nonces: 0 },
      ])
      expect(await next.findCall(callSid)).toStrictEqual(talking)
      expect(await next.claimNonce(`${callSid}a`, startedAtMs)).toEqual({ ok: true, callSid })
      expect(await next.orphans(nowMs)).toEqual([])
      expect(await next.closeOrphans(nowMs)).toEqual([])
    })

    it('endForgotten() ends open calls of this process that it has no more, once', async () => {
      await using storage = await open()
      const talking = { ...ringingCall(), status: 'in-progress' as const }
      const [live, ringing] = [ringingCall(), ringingCall()]
      const busy = { ...ringingCall(), status: 'busy' as const }
      const over = { ...ringingCall(), endedAtMs: startedAtMs, ending: 'idle' as const }
      await Promise.all([live, talking, ringing, busy, over].map((call) => storage.insertCall(call)))
      const nowMs = startedAtMs + 1000
      const isLive = (callSid: string): boolean => callSid === live.callSid
      const ended = await storage.endForgotten(nowMs, isLive)
      expect(ended.toSorted()).toEqual([talking, ringing, busy].map(({ callSid }) => callSid).toSorted())
      const end = { endedAtMs: nowMs, ending: 'failed' }
      for (const [call, status] of [
        [talking, 'completed'],
        [ringing, 'failed'],
        [busy, 'busy'],
      ] as const) {
        expect(await storage.findCall(call.callSid)).toStrictEqual({ ...call, ...end, status })
      }
      for (const call of [live, over]) expect(await storage.findCall(call.callSid)).toStrictEqual(call)
      expect(await storage.endForgotten(nowMs + 1, isLive)).toEqual([])
      // Those that another process left are not its own.
      await using next = await storage.successor()
      expect(await next.endForgotten(nowMs + 2, () => false)).toEqual([])
    })

    it('closeOrphans() ends what a dead process left open, once', async () => {
      await using storage = await open()
      const talking = { ...ringingCall(), status: 'in-progress' as const }
      const ringing = ringingCall()
      const busy = { ...ringingCall(), status: 'busy' as const }
      const over = {
        ...ringingCall(),
        status: 'completed' as const,
        endedAtMs: startedAtMs,
        ending: 'idle' as const,
      }
      await Promise.all([talking, ringing, busy, over].map((call) => storage.insertCall(call)))
      const { callSid } = talking
      const writes = [
        storage.putStream({ streamSid: `MZ${callSid}`, callSid, startedAtMs }),
        storage.putSession({ sessionKey: callSid, callSid, provider: 'p', model: 'm', startedAtMs }),
      ]
      const nowMs = startedAtMs + 1000
      expect(await storage.closeOrphans(nowMs)).toEqual([])
      await Promise.all(writes)
      await using next = await storage.successor()
      const closed = await next.closeOrphans(nowMs)
      expect(closed.toSorted()).toEqual([talking, ringing, busy].map((call) => call.callSid).toSorted())
      const ended = { ending: 'processDied', endedAtMs: nowMs }
      const leg = { endedAtMs: nowMs, endReason: 'processDied' }
      expect(await next.completeCall(callSid)).toMatchObject({
        call: { ...ended, status: 'completed' },
        streams: [leg],
        sessions: [leg],
      })
      expect(await next.findCall(ringing.callSid)).toMatchObject({ ...ended, status: 'failed' })
      expect(await next.findCall(busy.callSid)).toMatchObject({ ...ended, status: 'busy' })
      expect(await next.findCall(over.callSid)).toStrictEqual(over)
      expect(await next.closeOrphans(nowMs)).toEqual([])
    })
  })
}
