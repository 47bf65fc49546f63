import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CallRecord, SessionRecord, StreamRecord, TurnRecord } from '../../src/ports/storage.ts'
import { nonceContract } from './nonce-contract.ts'
import { openCallsContract, type Successive } from './open-calls-contract.ts'
import { furthest, newCallSid, ringingCall, startedAtMs, statusOrder, turnOf } from './records.ts'

/** What every storage of calls must do, whatever is below it. `open` answers one that holds no calls. */
export function callStorageContract(name: string, open: () => Promise<Successive>): void {
  describe(`${name}: calls`, () => {
    it('findCall() answers the call that was inserted, with and without optional members', async () => {
      await using storage = await open()
      const bare = ringingCall()
      const full: CallRecord = {
        ...ringingCall(),
        direction: 'outbound',
        actor: 'owner',
        status: 'completed',
        answeredAtMs: startedAtMs + 1,
        endedAtMs: startedAtMs + 2,
        ending: 'agentHungUp',
        durationSeconds: 61,
      }
      await Promise.all([storage.insertCall(bare), storage.insertCall(full)])
      expect(await storage.findCall(bare.callSid)).toStrictEqual(bare)
      expect(await storage.findCall(full.callSid)).toStrictEqual(full)
      expect(await storage.findCall(newCallSid())).toBeUndefined()
    })

    it('insertCall() changes nothing when the call is known', async () => {
      await using storage = await open()
      const call = ringingCall()
      await storage.insertCall(call)
      await storage.insertCall({ ...call, persona: 'other', status: 'failed' })
      expect(await storage.findCall(call.callSid)).toStrictEqual(call)
    })

    it('patchCall() changes what the patch names and nothing of an unknown call', async () => {
      await using storage = await open()
      const call = ringingCall()
      const unknown = newCallSid()
      await storage.insertCall(call)
      const patches = [
        storage.patchCall(call.callSid, { status: 'in-progress', answeredAtMs: startedAtMs + 5 }),
        storage.patchCall(call.callSid, { ending: 'idle', endedAtMs: startedAtMs + 9 }),
        storage.patchCall(call.callSid, {}),
        storage.patchCall(unknown, { status: 'completed' }),
        storage.flush(),
      ]
      await Promise.all(patches)
      expect(await storage.findCall(call.callSid)).toStrictEqual({
        ...call,
        status: 'in-progress',
        answeredAtMs: startedAtMs + 5,
        endedAtMs: startedAtMs + 9,
        ending: 'idle',
      })
      expect(await storage.findCall(unknown)).toBeUndefined()
    })

    it('keeps times to the millisecond', async () => {
      await using storage = await open()
      const call = { ...ringingCall(), startedAtMs: startedAtMs + 0.6, endedAtMs: startedAtMs + 1.4 }
      await storage.insertCall(call)
      expect(await storage.findCall(call.callSid)).toMatchObject({
        startedAtMs: startedAtMs + 1,
        endedAtMs: startedAtMs + 1,
      })
    })

    it('patchCall() never moves a status backwards, in whatever order the statuses come', async () => {
      await using storage = await open()
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.constantFrom(...statusOrder.keys()), { maxLength: 12 }),
          async (arrived) => {
            const callSid = newCallSid()
            await storage.insertCall({ ...ringingCall(callSid), status: 'queued' })
            for (const status of arrived) void storage.patchCall(callSid, { status }).catch(() => undefined)
            expect((await storage.findCall(callSid))?.status).toBe(furthest(arrived))
          },
        ),
        { seed: 20_261_120, numRuns: 150 },
      )
    })
  })

  describe(`${name}: what belongs to a call`, () => {
    it('completeCall() answers streams, sessions and turns in order, replaced by key', async () => {
      await using storage = await open()
      const call = ringingCall()
      const { callSid } = call
      const stream: StreamRecord = { streamSid: `MZ${callSid}`, callSid, startedAtMs }
      const session: SessionRecord = {
        sessionKey: `s-${callSid}`,
        callSid,
        provider: 'openai',
        model: 'gpt-realtime-2.1',
        startedAtMs,
      }
      const endedStream = {
        ...stream,
        endedAtMs: startedAtMs + 9,
        endReason: 'stop',
        framesIn: 3,
        framesOut: 0,
      }
      const endedSession = {
        ...session,
        providerSessionId: 'sess_1',
        readyAtMs: startedAtMs + 1,
        endedAtMs: startedAtMs + 2,
        endReason: 'closed',
        usage: {
          inputTextTokens: 1,
          inputAudioTokens: 2,
          cachedTextTokens: 3,
          cachedAudioTokens: 4,
          outputTextTokens: 5,
          outputAudioTokens: 6,
        },
      }
      const timed: TurnRecord = {
        ...turnOf(callSid, 0, 'Hello, „naïve“ 👋 \uFFFD end'),
        interrupted: true,
        heardMs: 0,
        firstDeltaMs: 1,
        firstMediaMs: 2,
        firstMarkMs: 3,
      }
      await storage.insertCall(call)
      const writes = [
        storage.putStream(stream),
        storage.putSession(session),
        storage.putTurn(turnOf(callSid, 1)),
        storage.putTurn(turnOf(callSid, 0)),
        storage.putTurn(turnOf(newCallSid(), 0)),
        storage.putStream(endedStream),
        storage.putSession(endedSession),
        storage.putTurn(timed),
        storage.flush(),
      ]
      await Promise.all(writes)
      expect(await storage.completeCall(callSid)).toStrictEqual({
        call,
        streams: [endedStream],
        sessions: [endedSession],
        turns: [timed, turnOf(callSid, 1)],
        messages: [],
      })
      expect(await storage.completeCall(newCallSid())).toBeUndefined()
    })

    it('insertMessage() takes a message once', async () => {
      await using storage = await open()
      const call = ringingCall()
      const { callSid } = call
      const message = {
        messageId: `RE${callSid.slice(2)}`,
        callSid,
        from: '+14155550123',
        kind: 'recording' as const,
        recordingSid: `RE${callSid.slice(2)}`,
        durationSeconds: 23,
        receivedAtMs: call.startedAtMs + 7,
      }
      await storage.insertCall(call)
      expect(await storage.insertMessage(message)).toBe(true)
      expect(await storage.insertMessage({ ...message, durationSeconds: 99 })).toBe(false)
      expect((await storage.completeCall(callSid))?.messages).toStrictEqual([message])
    })

    it('keeps words that no database can hold with U+FFFD in place of what cannot be', async () => {
      await using storage = await open()
      const call = { ...ringingCall(), from: 'An\u0000na' }
      const { callSid } = call
      const turn = turnOf(callSid, 0, 'a\u0000b \ud83d c 👋')
      const writes = [storage.insertCall(call), storage.putTurn(turn)]
      const complete = await storage.completeCall(callSid)
      await Promise.all(writes)
      expect(complete?.call.from).toBe('An\uFFFDna')
      expect(complete?.turns).toStrictEqual([{ ...turn, text: 'a\uFFFDb \uFFFD c 👋' }])
    })

    it('a read sees every write that was asked for before it', async () => {
      await using storage = await open()
      const call = ringingCall()
      const writes = [storage.insertCall(call), storage.putTurn(turnOf(call.callSid, 0))]
      expect((await storage.completeCall(call.callSid))?.turns).toHaveLength(1)
      await Promise.all(writes)
    })

    it('a record that a rule refuses is rejected alone, as constraint', async () => {
      await using storage = await open()
      const call = ringingCall()
      const outcomes = Promise.allSettled([
        storage.insertCall(call),
        storage.putTurn(turnOf(call.callSid, 0)),
        storage.putTurn(turnOf(call.callSid, -1)),
        storage.putTurn(turnOf(call.callSid, 1)),
      ])
      await storage.flush()
      expect((await outcomes).map((outcome) => outcome.status)).toEqual([
        'fulfilled',
        'fulfilled',
        'rejected',
        'fulfilled',
      ])
      expect((await outcomes)[2]).toMatchObject({ reason: { name: 'StorageError', code: 'constraint' } })
      expect((await storage.completeCall(call.callSid))?.turns).toHaveLength(2)
    })
  })

  nonceContract(name, open)

  openCallsContract(name, open)

  describe(`${name}: end of life`, () => {
    it('finishes what waits when it is disposed of, and then refuses with closed', async () => {
      const storage = await open()
      const call = ringingCall()
      const writes = Promise.all([storage.insertCall(call), storage.putTurn(turnOf(call.callSid, 0))])
      await storage[Symbol.asyncDispose]()
      await writes
      await expect(storage.putTurn(turnOf(call.callSid, 1))).rejects.toMatchObject({ code: 'closed' })
      await expect(storage.findCall(call.callSid)).rejects.toMatchObject({ code: 'closed' })
      await storage[Symbol.asyncDispose]()
    })
  })
}
