import { describe, expect, it } from 'vitest'
import type { CallStorage } from '../../src/ports/storage.ts'
import { newCallSid, ringingCall, startedAtMs } from './records.ts'

const lifeMs = 60_000

/** The part of the contract of storages that is about media nonces. */
export function nonceContract(name: string, open: () => Promise<CallStorage>): void {
  describe(`${name}: nonces`, () => {
    it('claimNonce() takes a nonce once', async () => {
      await using storage = await open()
      const { nonce, callSid } = await withNonce(storage)
      const claims = Array.from({ length: 20 }, () => storage.claimNonce(nonce, startedAtMs + 1))
      const answers = await Promise.all(claims)
      expect(answers.filter((answer) => answer.ok)).toEqual([{ ok: true, callSid }])
      expect(answers.filter((answer) => !answer.ok)).toEqual(
        Array.from({ length: 19 }, () => ({ ok: false, reason: 'used' })),
      )
    })

    it('claimNonce() refuses an unknown, an expired and a finished call’s nonce', async () => {
      await using storage = await open()
      const expired = await withNonce(storage)
      const over = await withNonce(storage)
      const ended = await withNonce(storage)
      const orphan = { ...expired, nonce: 'of no call', callSid: newCallSid() }
      await storage.insertNonce(orphan)
      const patches = [
        storage.patchCall(over.callSid, { status: 'completed' }),
        storage.patchCall(ended.callSid, { endedAtMs: startedAtMs }),
        storage.flush(),
      ]
      await Promise.all(patches)
      expect(await storage.claimNonce('no such', startedAtMs)).toEqual({ ok: false, reason: 'unknown' })
      expect(await storage.claimNonce(expired.nonce, expired.expiresAtMs)).toEqual({
        ok: false,
        reason: 'expired',
      })
      for (const { nonce } of [over, ended, orphan]) {
        expect(await storage.claimNonce(nonce, startedAtMs)).toEqual({ ok: false, reason: 'callOver' })
      }
      expect(await storage.claimNonce(expired.nonce, expired.expiresAtMs - 1)).toMatchObject({ ok: true })
    })

    it('insertNonce() refuses a nonce twice and forgets those that expired a day ago', async () => {
      await using storage = await open()
      const old = await withNonce(storage)
      await expect(storage.insertNonce(old)).rejects.toMatchObject({ code: 'constraint' })
      const dayLaterMs = old.expiresAtMs + 24 * 60 * 60 * 1000 + 1
      await storage.insertNonce({
        ...old,
        nonce: `${old.nonce}-2`,
        issuedAtMs: dayLaterMs,
        expiresAtMs: dayLaterMs,
      })
      expect(await storage.claimNonce(old.nonce, dayLaterMs)).toEqual({ ok: false, reason: 'unknown' })
    })
  })
}

async function withNonce(storage: CallStorage, nonce = `n-${newCallSid()}`) {
  const call = ringingCall()
  await storage.insertCall(call)
  const issued = {
    nonce,
    callSid: call.callSid,
    issuedAtMs: startedAtMs,
    expiresAtMs: startedAtMs + lifeMs,
  }
  await storage.insertNonce(issued)
  return issued
}
