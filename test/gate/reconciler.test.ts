import { describe, expect, it } from 'vitest'
import { Reconciler } from '../../src/gate/reconciler.ts'
import { VirtualClock } from '../../src/lib/virtual-clock.ts'
import type { OutcomeRecord } from '../../src/ports/effects.ts'
import { recordedLog } from '../http/serving.ts'
import { onBothDatabases } from '../storage/places.ts'
import { newCallSid } from '../storage/records.ts'

const messageSid = `SM${'0f'.repeat(16)}`
const callSid = `CA${'0f'.repeat(16)}`
let intents = 0

await onBothDatabases((name, newPlace) => {
  async function opened(tool = 'send_sms', outcome?: Omit<OutcomeRecord, 'settledAtMs'>) {
    const records = await (await newPlace()).open()
    const { effects, audit } = records
    const log = recordedLog()
    intents += 1
    const ref = `intent_x${String(intents).padStart(24, '0')}`
    const sessionId = newCallSid()
    const draft = {
      intentId: ref,
      scope: sessionId,
      key: 'key',
      tool,
      argumentsHash: 'ab'.repeat(32),
      sessionId,
    }
    await effects.claimIntent({
      ...draft,
      actor: 'person_0a1b2c3d4e5f60718293a4b5',
      strength: 'S2',
      createdAtMs: 0,
    })
    if (outcome) await effects.settleIntent(ref, { ...outcome, settledAtMs: 1 })
    return {
      ref,
      log,
      effects,
      reconciler: new Reconciler({ effects, log, clock: new VirtualClock() }),
      outcome: async () => (await effects.findIntent(ref))?.outcome,
      outcomes: async () =>
        (await audit.page({ afterSeq: 0, maxRecords: 99 }))
          .filter(({ kind }) => kind === 'outcome')
          .map(({ data }) => data),
      isWhole: async () => (await audit.verify()).ok,
      [Symbol.asyncDispose]: () => records[Symbol.asyncDispose](),
    }
  }

  describe(`${name}: Reconciler`, () => {
    it.each(['sent', 'delivered', 'accepted'] as const)(
      'makes of unknown what the network says: %s',
      async (status) => {
        await using at = await opened('send_sms', { state: 'unknown', code: 'timeout' })
        await at.reconciler.onTextStatus({ ref: at.ref, messageSid, status })
        expect(await at.outcome()).toMatchObject({ state: 'done', providerId: messageSid })
        expect(await at.outcomes()).toHaveLength(2)
        expect(await at.isWhole()).toBe(true)
      },
    )

    it('goes from taken to delivered once, and never back', async () => {
      await using at = await opened('send_sms', { state: 'done', providerId: messageSid })
      for (const status of ['sent', 'delivered', 'sent', 'delivered', 'undelivered'] as const) {
        await at.reconciler.onTextStatus({ ref: at.ref, messageSid, status, errorCode: '30003' })
      }
      expect(await at.outcome()).toMatchObject({ state: 'done', code: 'delivered' })
      expect(await at.outcomes()).toMatchObject([
        { state: 'done' },
        { state: 'done', code: 'delivered', provider: messageSid },
      ])
    })

    it('goes from taken to failed, with the code of the network, whatever comes late', async () => {
      await using at = await opened('send_sms', { state: 'done', providerId: messageSid })
      await at.reconciler.onTextStatus({ ref: at.ref, messageSid, status: 'undelivered', errorCode: '30003' })
      await at.reconciler.onTextStatus({ ref: at.ref, messageSid, status: 'sent' })
      await at.reconciler.onTextStatus({ ref: at.ref, messageSid, status: 'delivered' })
      expect(await at.outcome()).toMatchObject({ state: 'failed', code: '30003' })
      expect(await at.outcomes()).toHaveLength(2)
    })

    it.each(['undelivered', 'failed', 'canceled'] as const)(
      'names a failure without a code by its state: %s',
      async (status) => {
        await using at = await opened('send_sms', { state: 'done', providerId: messageSid })
        await at.reconciler.onTextStatus({ ref: at.ref, messageSid, status })
        expect(await at.outcome()).toMatchObject({ state: 'failed', code: status })
      },
    )

    it('leaves what certainly failed, and what is of another name, tool or nobody', async () => {
      await using failed = await opened('send_sms', { state: 'failed', code: '21610' })
      await failed.reconciler.onTextStatus({ ref: failed.ref, messageSid, status: 'delivered' })
      expect(await failed.outcome()).toMatchObject({ state: 'failed', code: '21610' })
      await using unsure = await opened('send_sms', { state: 'unknown', code: 'timeout' })
      await unsure.reconciler.onCallStatus({ ref: unsure.ref, callSid, status: 'busy' })
      expect(await unsure.outcome()).toMatchObject({ state: 'unknown' })
      await using other = await opened('send_sms', { state: 'done', providerId: `SM${'1e'.repeat(16)}` })
      await other.reconciler.onTextStatus({ ref: other.ref, messageSid, status: 'undelivered' })
      await other.reconciler.onCallStatus({ ref: other.ref, callSid, status: 'busy' })
      await other.reconciler.onTextStatus({ ref: 'intent_xnobody', messageSid, status: 'delivered' })
      await other.reconciler.onTextStatus({ messageSid, status: 'delivered' })
      await other.reconciler.onTextStatus({ ref: other.ref, messageSid, status: 'unknown' })
      await other.reconciler.onCallStatus({ ref: other.ref, callSid, status: 'unknown' })
      expect(await other.outcomes()).toHaveLength(1)
      expect(other.log.events).toEqual([
        ['warn', 'callbackForeign', { tool: 'send_sms' }],
        ['warn', 'callbackForeign', { tool: 'make_call' }],
        ['warn', 'callbackForeign', { tool: 'send_sms' }],
      ])
    })

    it('takes a word that comes before ours, and ours then changes nothing', async () => {
      await using at = await opened('make_call')
      await at.reconciler.onCallStatus({ ref: at.ref, callSid, status: 'ringing' })
      expect(
        await at.effects.settleIntent(at.ref, { state: 'unknown', code: 'timeout', settledAtMs: 5 }),
      ).toBe(false)
      await at.reconciler.onCallStatus({ ref: at.ref, callSid, status: 'completed' })
      expect(await at.outcome()).toMatchObject({ state: 'done', code: 'completed', providerId: callSid })
    })

    it.each(['queued', 'initiated', 'ringing', 'in-progress'] as const)(
      'knows that a call is placed: %s',
      async (status) => {
        await using at = await opened('make_call', { state: 'unknown', code: 'timeout' })
        await at.reconciler.onCallStatus({ ref: at.ref, callSid, status })
        expect(await at.outcome()).toMatchObject({ state: 'done', providerId: callSid })
      },
    )

    it.each([
      ['busy', undefined, 'busy'],
      ['no-answer', undefined, 'no-answer'],
      ['canceled', undefined, 'canceled'],
      ['failed', '13224', '13224'],
      ['failed', undefined, 'failed'],
    ] as const)('has a call that nobody took be none: %s %s', async (status, errorCode, code) => {
      await using at = await opened('make_call', { state: 'done', providerId: callSid })
      await at.reconciler.onCallStatus({ ref: at.ref, callSid, status, ...(errorCode && { errorCode }) })
      expect(await at.outcome()).toMatchObject({ state: 'failed', code })
      expect((await at.outcomes()).at(-1)).toMatchObject({ state: 'failed', code })
    })
  })
})
