import { describe, expect, it } from 'vitest'
import type { TelephonyOutcome } from '../../src/ports/telephony.ts'
import { ann, bob, refusal, TextedOwner } from './support/texted-owner.ts'

const hourMs = 3_600_000
const more =
  'More messages wait for you than I text you in a day. They are kept: ask your server for /v1/messages.'

describe('OwnerTexts', () => {
  it('writes down what became of a text before it is sent and after', async () => {
    await using world = await TextedOwner.open()
    const message = await world.kept()
    const meanwhile: unknown[] = []
    world.answer = async () => {
      meanwhile.push(await world.notice(message))
      return { ok: true }
    }
    await world.texts.messageKept(message)
    expect([...meanwhile, await world.notice(message)]).toEqual(['unknown', 'sent'])
    await world.texts.messageKept(message)
    expect(world.bodies).toEqual([`Message from ${ann}: "Message 1".`])
  })

  it.each([refusal('21610'), refusal('20429'), refusal('20503', true), refusal('503', true)])(
    'sends what was refused again after 30 s, 2 min and 10 min, and then says that it has failed: %o',
    async (refused) => {
      await using world = await TextedOwner.open()
      world.answer = () => Promise.resolve(refused)
      const message = await world.kept()
      await world.texts.messageKept(message)
      expect(await world.notice(message)).toBeUndefined()
      for (const [waitMs, sent] of [
        [29_999, 1],
        [1, 2],
        [120_000, 3],
        [599_999, 3],
      ] as const) {
        await world.pass(waitMs)
        expect(world.bodies).toHaveLength(sent)
      }
      expect(world.log.events).toEqual([])
      await world.pass(1)
      expect([world.bodies.length, await world.notice(message), world.clock.pendingTimers()]).toEqual([
        4,
        'failed',
        0,
      ])
      const { messageId } = message
      const code = refused.ok ? '' : refused.code
      expect(world.log.events).toEqual([
        ['warn', 'ownerNotTold', { name: 'message', messageId, status: 'failed', code }],
      ])
      expect(await world.records.notices.untold(world.clock.wallMs())).toMatchObject({ count: 1 })
    },
  )

  it('sends it once when the second try is taken', async () => {
    await using world = await TextedOwner.open()
    world.answer = () => Promise.resolve(refusal('20429'))
    const message = await world.kept()
    await world.texts.messageKept(message)
    world.answer = () => Promise.resolve({ ok: true })
    await world.pass(24 * hourMs)
    expect([world.bodies.length, await world.notice(message)]).toEqual([2, 'sent'])
  })

  it.each(['timeout', 'ECONNRESET', '500'])(
    'never repeats a text that may have arrived: %s',
    async (code) => {
      await using world = await TextedOwner.open()
      world.answer = () => Promise.resolve(refusal(code, true))
      const message = await world.kept()
      await world.texts.messageKept(message)
      await world.pass(24 * hourMs)
      world.texts = world.restarted()
      await world.resume()
      expect([world.bodies.length, await world.notice(message)]).toEqual([1, 'unknown'])
      const { messageId } = message
      expect(world.log.events).toEqual([
        ['warn', 'ownerNotTold', { name: 'message', messageId, status: 'unknown', code }],
      ])
    },
  )

  it('leaves to the next process what waits at the stop', async () => {
    await using world = await TextedOwner.open()
    world.answer = () => Promise.resolve(refusal('20429'))
    const message = await world.kept()
    await world.texts.messageKept(message)
    await world.texts[Symbol.asyncDispose]()
    expect(world.clock.pendingTimers()).toBe(0)
    world.answer = () => Promise.resolve({ ok: true })
    world.texts = world.restarted()
    await world.resume()
    expect([world.bodies.length, await world.notice(message)]).toEqual([2, 'sent'])
  })

  it('waits at the stop for a text that is under way, and not for ever', async () => {
    await using world = await TextedOwner.open()
    const network = Promise.withResolvers<TelephonyOutcome>()
    world.answer = () => network.promise
    const telling = world.tell()
    await world.settled()
    let isClosed = false
    const closing = world.texts[Symbol.asyncDispose]().then(() => (isClosed = true))
    await world.pass(1_999)
    expect(isClosed).toBe(false)
    await world.pass(1)
    await closing
    network.resolve({ ok: true })
    expect(await telling).toBe('sent')
  })

  it('lets a hundred texts wait to be sent again, and no more', async () => {
    await using world = await TextedOwner.open()
    world.answer = () => Promise.resolve(refusal('20429'))
    for (let each = 0; each < 100; each += 1) await world.tell()
    expect(await world.tell()).toBe('failed')
    expect(world.clock.pendingTimers()).toBe(100)
  })
})

describe('the audit log of texts to the owner', () => {
  it('has each before it is sent and after, by ids alone', async () => {
    await using world = await TextedOwner.open()
    const provider = `SM${'41'.repeat(16)}`
    let before: unknown
    world.answer = async () => {
      before = await world.audited()
      return { ok: true, sid: provider }
    }
    const report = await world.over()
    await world.texts.errandOver(report)
    const about = { source: 'errand', notice: report.ref }
    const intent = ['intent', report.callSid, about]
    expect(before).toEqual([intent])
    expect(await world.audited()).toEqual([
      intent,
      ['outcome', report.callSid, { ...about, state: 'sent', provider }],
    ])
    const rows = await world.records.audit.page({ afterSeq: 0, maxRecords: 9 })
    for (const { actor, data } of rows) expect([actor, data.means]).toEqual(['server', 'textToOwner'])
    expect(JSON.stringify(rows)).not.toContain('415555')
  })

  it('has every try, for each of them leaves the house', async () => {
    await using world = await TextedOwner.open()
    world.answer = () => Promise.resolve(refusal('20429'))
    const message = await world.kept()
    await world.texts.messageKept(message)
    const { messageId, callSid } = message
    world.answer = () => Promise.resolve(refusal('timeout', true))
    await world.pass(30_000)
    const data = { source: 'message', notice: messageId }
    expect(await world.audited()).toEqual([
      ['intent', callSid, data],
      ['outcome', callSid, { ...data, state: 'failed', code: '20429' }],
      ['intent', callSid, data],
      ['outcome', callSid, { ...data, state: 'unknown', code: 'timeout' }],
    ])
  })

  it('has the word that more messages wait, and nothing of a message that is held', async () => {
    await using world = await TextedOwner.open()
    for (let each = 0; each < 10; each += 1) await world.tell()
    await world.tell()
    expect((await world.audited()).slice(20)).toEqual([
      ['intent', undefined, { source: 'moreWait' }],
      ['outcome', undefined, { source: 'moreWait', state: 'sent' }],
    ])
  })

  it('is written or nothing is sent: the text waits as if it had been refused', async () => {
    await using world = await TextedOwner.open()
    const broken = world.breakAudit()
    const message = await world.kept()
    await world.texts.messageKept(message)
    await world.pass(29_999)
    expect([world.bodies, await world.notice(message)]).toEqual([[], undefined])
    const { messageId } = message
    const held = ['warn', 'noticeHeld', { name: 'message', messageId, reason: 'notRecorded' }]
    expect(world.log.events).toEqual([held])
    broken.mend()
    await world.pass(1)
    expect([world.bodies.length, await world.notice(message)]).toEqual([1, 'sent'])
  })

  it('is not written for three tries more: the owner is told at their next call', async () => {
    await using world = await TextedOwner.open()
    world.breakAudit()
    const message = await world.kept()
    await world.texts.messageKept(message)
    for (const waitMs of [30_000, 120_000, 600_000]) await world.pass(waitMs)
    expect([world.bodies, await world.notice(message), world.clock.pendingTimers()]).toEqual([
      [],
      'failed',
      0,
    ])
    expect(await world.records.notices.untold(world.clock.wallMs())).toMatchObject({ count: 1 })
  })

  it('is not written: that more messages wait is told with the next one that is held', async () => {
    await using world = await TextedOwner.open()
    for (let each = 0; each < 10; each += 1) await world.tell()
    const broken = world.breakAudit()
    expect([await world.tell(), world.bodies.length]).toEqual(['failed', 10])
    broken.mend()
    expect(await world.tell()).toBe('failed')
    expect(world.bodies.slice(10)).toEqual([more])
  })
})

describe('OwnerTexts.resume()', () => {
  it('tells once of what a dead process kept and did not tell, the oldest first', async () => {
    await using world = await TextedOwner.open()
    const [older, newer] = [await world.kept(ann, 2), await world.kept(bob, 1)]
    const report = await world.over()
    await world.resume()
    await world.resume()
    expect(world.bodies.toSorted()).toEqual([
      `Message from ${ann}: "Message 1".`,
      `Message from ${bob}: "Message 2".`,
      `My call to ${bob}: it was busy.`,
    ])
    expect(world.bodies.indexOf(`Message from ${ann}: "Message 1".`)).toBeLessThan(
      world.bodies.indexOf(`Message from ${bob}: "Message 2".`),
    )
    expect([await world.notice(older), await world.notice(newer)]).toEqual(['sent', 'sent'])
    expect(await world.records.errands.find(report.ref)).toMatchObject({ notice: 'sent' })
  })

  it('tells of the twenty newest of the last day, and says how many it gives up', async () => {
    await using world = await TextedOwner.open()
    const tooOld = await world.kept(bob, 24 * hourMs)
    for (let each = 0; each < 21; each += 1) await world.kept(`+1415555013${each % 10}`, 30 - each)
    await world.resume()
    expect(world.bodies).toHaveLength(20)
    expect(world.bodies[0]).toContain('"Message 3"')
    expect(await world.notice(tooOld)).toBe('failed')
    expect(world.log.events).toContainEqual(['warn', 'noticesGivenUp', { name: 'message', count: 2 }])
    expect(await world.records.notices.untold(world.clock.wallMs())).toMatchObject({ count: 2 })
  })

  it('sends nothing where the owner wants no texts, and holds nothing for failed', async () => {
    await using world = await TextedOwner.open()
    const [old, recent] = [await world.kept(ann, 25 * hourMs), await world.kept()]
    world.texts = world.restarted('none')
    await world.resume()
    expect([await world.notice(old), await world.notice(recent)]).toEqual(['none', 'none'])
    expect([world.bodies, world.log.events]).toEqual([[], []])
  })
})

describe('the allowance of texts to the owner', () => {
  it('is ten messages a day of one caller, also over a restart; the owner is told once a day that more wait', async () => {
    await using world = await TextedOwner.open()
    for (let each = 0; each < 10; each += 1) expect(await world.tell()).toBe('sent')
    world.texts = world.restarted()
    expect([await world.tell(), await world.tell(), await world.tell(bob)]).toEqual([
      'failed',
      'failed',
      'sent',
    ])
    expect(world.bodies.slice(10)).toEqual([more, `Message from ${bob}: "Message 13".`])
    const held = world.log.events.filter((event) => JSON.stringify(event).includes('noticeHeld'))
    expect(held).toHaveLength(2)
    expect(held[0]).toEqual([
      'warn',
      'noticeHeld',
      { name: 'message', messageId: `intent_x${'11'.padStart(24, '0')}`, reason: 'callerFull' },
    ])
    expect(world.metrics.counts).toContainEqual(['owner_notices_total', { kind: 'message', outcome: 'held' }])
    await world.pass(24 * hourMs)
    expect(await world.tell()).toBe('sent')
  })

  it('is a hundred messages a day in all, and as many reports of errands beside them', async () => {
    await using world = await TextedOwner.open()
    for (let caller = 0; caller < 10; caller += 1) {
      for (let each = 0; each < 10; each += 1) await world.tell(`+1415555014${caller}`)
    }
    expect(world.bodies).toHaveLength(100)
    expect(await world.tell(bob)).toBe('failed')
    expect(world.bodies.at(-1)).toBe(more)
    for (let each = 0; each < 100; each += 1) await world.texts.errandOver(await world.over())
    expect(world.bodies).toHaveLength(201)
    const report = await world.over()
    await world.texts.errandOver(report)
    expect(world.bodies).toHaveLength(201)
    expect(await world.records.errands.find(report.ref)).toMatchObject({ notice: 'failed' })
    expect(world.log.events).toContainEqual([
      'warn',
      'noticeHeld',
      { name: 'errand', intentId: report.ref, reason: 'full' },
    ])
  })
})
