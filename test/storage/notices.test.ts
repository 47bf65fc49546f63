import { describe, expect, it } from 'vitest'
import type { NoticeOf } from '../../src/ports/notices.ts'
import type { MessageRecord } from '../../src/ports/storage.ts'
import type { Records } from '../../src/storage/open-storage.ts'
import { onBothDatabases } from './places.ts'
import { newCallSid, startedAtMs } from './records.ts'

const hourMs = 3_600_000
const allowance = { sinceMs: startedAtMs - 24 * hourMs, max: 3, maxPerCaller: 2 }
const [ann, bob] = ['+14155550123', '+14155550124']

async function left(
  { calls }: Records,
  messageId: string,
  more: Partial<MessageRecord> = {},
): Promise<NoticeOf> {
  const callSid = newCallSid()
  const common = {
    callSid,
    from: ann,
    receivedAtMs: startedAtMs,
    kind: 'words',
    text: 'Hi',
  } as const
  await calls.insertMessage({ ...common, messageId, ...more } as MessageRecord)
  return { kind: 'message', id: messageId, callSid }
}

async function over({ errands }: Records, ref: string, reportedAtMs = startedAtMs): Promise<NoticeOf> {
  const [callSid, sessionId] = [newCallSid(), newCallSid()]
  await errands.take({ ref, callSid, sessionId, takenAtMs: startedAtMs })
  await errands.report(ref, { status: 'busy', nowMs: reportedAtMs })
  return { kind: 'errand', id: ref, callSid }
}

await onBothDatabases((name, newPlace) => {
  describe(`${name}: notices`, () => {
    it('take() is won once, between processes too, and what it took stays unknown when nobody settles it', async () => {
      await using records = await (await newPlace()).open()
      const { notices, messages } = records
      for (const of of [await left(records, 'm1'), await over(records, 'e1')]) {
        expect(await Promise.all([notices.take(of, allowance), notices.take(of, allowance)])).toEqual([
          'taken',
          'known',
        ])
      }
      expect(await messages.find('m1')).toMatchObject({ notice: 'unknown' })
      expect(await notices.take({ kind: 'message', id: 'nobody', callSid: newCallSid() }, allowance)).toBe(
        'known',
      )
    })

    it('take() gives one that was refused once more', async () => {
      await using records = await (await newPlace()).open()
      const { notices, messages } = records
      const of = await left(records, 'm1')
      await notices.take(of, allowance)
      await notices.settle(of, { state: 'failed', again: true })
      expect(await messages.find('m1')).not.toHaveProperty('notice')
      expect(await notices.take(of, allowance)).toBe('taken')
      await notices.settle(of, { state: 'sent', again: false })
      expect(await messages.find('m1')).toMatchObject({ notice: 'sent' })
    })

    it('take() counts what went out, or may have, in the time, of each caller and each kind', async () => {
      await using records = await (await newPlace()).open()
      const { notices, messages } = records
      await left(records, 'old', { notice: 'sent', receivedAtMs: allowance.sinceMs })
      await left(records, 'refused', { notice: 'failed' })
      await left(records, 'm1', { notice: 'sent' })
      await left(records, 'm2', { notice: 'unknown' })
      expect(await notices.take(await left(records, 'm3'), allowance)).toBe('callerFull')
      expect(await notices.take(await left(records, 'm4', { from: bob }), allowance)).toBe('taken')
      expect(await notices.take(await left(records, 'm5', { from: bob }), allowance)).toBe('full')
      expect(await messages.find('m5')).toMatchObject({ notice: 'failed' })
      for (const ref of ['e1', 'e2', 'e3']) {
        expect(await notices.take(await over(records, ref), allowance)).toBe('taken')
      }
      expect(await notices.take(await over(records, 'e4'), allowance)).toBe('full')
    })

    it('take() and settle() record what is sent, by ids alone, and nothing of what is not', async () => {
      await using records = await (await newPlace()).open()
      const { notices, audit } = records
      const [wanted, unwanted] = [
        await left(records, 'intent_0123456789abcdef'),
        await left(records, 'intent_abcdef0123456789'),
      ]
      const report = await over(records, 'intent_fedcba9876543210')
      await Promise.all([notices.take(wanted, allowance), notices.take(wanted, allowance)])
      await notices.settle(wanted, { state: 'failed', code: '20429', again: true })
      await notices.take(wanted, allowance)
      await notices.settle(wanted, { state: 'unknown', code: 'timeout', again: false })
      await notices.take(report, { ...allowance, max: 0 })
      await notices.forgo(unwanted, 'none')
      const nowMs = startedAtMs
      await notices.takeMoreWait({ nowMs, sinceMs: nowMs - hourMs })
      await notices.takeMoreWait({ nowMs, sinceMs: nowMs - hourMs })
      const provider = `SM${'41'.repeat(16)}`
      await notices.settleMoreWait({ state: 'sent', provider })
      const ofMessage = { means: 'textToOwner', source: 'message', notice: wanted.id }
      const ofMore = { means: 'textToOwner', source: 'moreWait' }
      const rows = await audit.page({ afterSeq: 0, maxRecords: 20 })
      expect(rows.map(({ kind, actor, session, data }) => [kind, actor, session, data])).toEqual([
        ['intent', 'server', wanted.callSid, ofMessage],
        ['outcome', 'server', wanted.callSid, { ...ofMessage, state: 'failed', code: '20429' }],
        ['intent', 'server', wanted.callSid, ofMessage],
        ['outcome', 'server', wanted.callSid, { ...ofMessage, state: 'unknown', code: 'timeout' }],
        ['intent', 'server', undefined, ofMore],
        ['outcome', 'server', undefined, { ...ofMore, state: 'sent', provider }],
      ])
      expect(await audit.verify()).toMatchObject({ ok: true })
    })

    it('waiting() answers the newest without a notice, and settles the others', async () => {
      await using records = await (await newPlace()).open()
      const { notices, messages, errands } = records
      await left(records, 'old', { receivedAtMs: startedAtMs - 1 })
      for (const each of [1, 2, 3]) await left(records, `m${each}`, { receivedAtMs: startedAtMs + each })
      await left(records, 'told', { receivedAtMs: startedAtMs + 9, notice: 'sent' })
      const from = { sinceMs: startedAtMs, max: 2, otherwise: 'failed' } as const
      expect(await notices.waiting('message', from)).toEqual({ ids: ['m2', 'm3'], others: 2 })
      expect(await notices.waiting('message', from)).toEqual({ ids: ['m2', 'm3'], others: 0 })
      expect(await messages.find('old')).toMatchObject({ notice: 'failed' })
      await over(records, 'e1', startedAtMs + 1)
      await errands.take({
        ref: 'open',
        callSid: newCallSid(),
        sessionId: newCallSid(),
        takenAtMs: startedAtMs,
      })
      expect(await notices.waiting('errand', from)).toEqual({ ids: ['e1'], others: 0 })
      expect(await errands.find('open')).not.toHaveProperty('notice')
    })

    it('takeMoreWait() is won once in the time', async () => {
      await using records = await (await newPlace()).open()
      const { notices } = records
      const at = (nowMs: number) => notices.takeMoreWait({ nowMs, sinceMs: nowMs - 24 * hourMs })
      expect([await at(startedAtMs), await at(startedAtMs + 23 * hourMs)]).toEqual([true, false])
      expect(await at(startedAtMs + 24 * hourMs)).toBe(true)
    })

    it('untold() counts what failed and was not told, and waits for what came before and is not settled', async () => {
      await using records = await (await newPlace()).open()
      const { notices } = records
      const untold = () => notices.untold(startedAtMs + hourMs / 2)
      expect(await untold()).toEqual({ count: 0, untilMs: 0 })
      await left(records, 'm1', { receivedAtMs: startedAtMs + 1, notice: 'failed' })
      const waits = await left(records, 'm2', { receivedAtMs: startedAtMs + 2 })
      await left(records, 'm3', { receivedAtMs: startedAtMs + 3, notice: 'failed' })
      await left(records, 'm4', { receivedAtMs: startedAtMs + 4, notice: 'unknown' })
      expect(await untold()).toEqual({ count: 1, untilMs: startedAtMs + 1 })
      expect(await notices.untold(startedAtMs + 2 * hourMs)).toMatchObject({ count: 2 })
      await notices.markTold(startedAtMs + 1)
      expect(await untold()).toMatchObject({ count: 0 })
      await notices.forgo(waits, 'failed')
      expect(await untold()).toEqual({ count: 2, untilMs: startedAtMs + 3 })
      await notices.markTold(startedAtMs + 3)
      await notices.markTold(startedAtMs)
      expect(await untold()).toMatchObject({ count: 0 })
    })
  })
})
