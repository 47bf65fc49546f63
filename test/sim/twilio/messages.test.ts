import twilio from 'twilio'
import { describe, expect, it } from 'vitest'
import { messageSegments } from '../../../src/sim/twilio/message-segments.ts'
import type { FakeTwilioOptions } from '../../../src/sim/twilio/fake-twilio-options.ts'
import { sdkClient } from './local-client.ts'
import type { Handler, Stage } from './memory-product.ts'
import { ACCOUNT_SID, AUTH_TOKEN, CALLER, isSigned, NUMBER, PUBLIC, stage, twiml } from './memory-product.ts'

type Rest = AsyncDisposable & Stage & { readonly client: ReturnType<typeof sdkClient> }

async function rest(
  options: Partial<FakeTwilioOptions> = {},
  handler: Handler = () => undefined,
): Promise<Rest> {
  const world = await stage(handler, options)
  return { ...world, client: sdkClient(world.twilio.origin, ACCOUNT_SID, AUTH_TOKEN) }
}

const text = { to: CALLER, from: NUMBER, body: 'Hello', statusCallback: `${PUBLIC}/twilio/sms-status` }

describe('messages.create()', () => {
  it('answers 201 queued and tells sent and delivered in order', async () => {
    await using world = await rest()
    const created = await world.client.messages.create(text)
    expect(created).toMatchObject({
      status: 'queued',
      body: 'Hello',
      numSegments: '1',
      direction: 'outbound-api',
      errorCode: null,
    })
    await world.pass(1_000)
    expect(
      world.product
        .at('/twilio/sms-status')
        .map((form) => [form.get('MessageSid'), form.get('MessageStatus')]),
    ).toEqual([
      [created.sid, 'sent'],
      [created.sid, 'delivered'],
    ])
    expect(world.product.received.every(isSigned)).toBe(true)
    const fetched = await world.client.messages(created.sid).fetch()
    expect(fetched.status).toBe('delivered')
    expect(fetched.dateSent).toBeInstanceOf(Date)
    expect(await world.client.messages.list({ to: CALLER, limit: 5 })).toHaveLength(1)
    expect(await world.client.messages.list({ to: NUMBER, limit: 5 })).toEqual([])
    await world.client.messages(created.sid).remove()
    expect(world.twilio.messages.size).toBe(0)
  })

  it('tells a failed delivery with its code', async () => {
    await using world = await rest({ deliver: () => ({ errorCode: 30_005 }) })
    const created = await world.client.messages.create(text)
    await world.pass(1_000)
    const last = world.product.at('/twilio/sms-status').at(-1)
    expect([last?.get('MessageStatus'), last?.get('ErrorCode')]).toEqual(['undelivered', '30005'])
    expect((await world.client.messages(created.sid).fetch()).errorCode).toBe(30_005)
  })

  it.each([
    ['no body', { to: CALLER, from: NUMBER }, 21_602],
    ['no from', { to: CALLER, body: 'a' }, 21_603],
    ['an empty to', { ...text, to: '' }, 21_604],
    ['a from of somebody else', { ...text, from: '+14155550199' }, 21_606],
    ['a body of 1601 characters', { ...text, body: 'x'.repeat(1_601) }, 21_617],
    ['a to that is no number', { ...text, to: 'mum' }, 21_211],
    ['a malformed callback', { ...text, statusCallback: 'status' }, 21_205],
    ['a messaging service', { to: CALLER, body: 'a', messagingServiceSid: 'MG0' }, 21_701],
    ['magic number 1', { ...text, to: '+15005550001' }, 21_211],
    ['magic number 2', { ...text, to: '+15005550002' }, 21_612],
    ['magic number 3', { ...text, to: '+15005550003' }, 21_408],
    ['magic number 4', { ...text, to: '+15005550004' }, 21_610],
    ['magic number 9', { ...text, to: '+15005550009' }, 21_614],
    ['magic from 7', { ...text, from: '+15005550007' }, 21_606],
    ['magic from 8', { ...text, from: '+15005550008' }, 21_611],
    ['a refused number', { ...text, to: '+14155550166' }, 21_614],
  ])('refuses %s', async (_, params, code) => {
    await using world = await rest({ refusedNumbers: { '+14155550166': 21_614 } })
    const error: unknown = await world.client.messages.create(params).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(twilio.RestException)
    expect(error).toMatchObject({ status: 400, code })
    expect(world.twilio.messages.size).toBe(0)
  })

  it('refuses numbers that are not verified on trial, and a message that is not there', async () => {
    await using world = await rest({ trialMode: true })
    await expect(world.client.messages.create(text)).rejects.toMatchObject({ code: 21_608 })
    await expect(world.client.messages(`SM${'0'.repeat(32)}`).fetch()).rejects.toMatchObject({
      status: 404,
      code: 20_404,
    })
  })
})

describe('sendText()', () => {
  it('posts the fields of an inbound message, signed, and carries the reply', async () => {
    const reply = twiml('<Message>Hi &amp; bye</Message><Message><Body>Two</Body></Message>')
    await using world = await rest({}, () => reply)
    const replies = world.twilio.sendText({ from: CALLER, to: NUMBER, body: 'Hello' })
    await world.pass(1_000)
    expect((await replies).map(({ body, to, status }) => [body, to, status])).toEqual([
      ['Hi & bye', CALLER, 'delivered'],
      ['Two', CALLER, 'delivered'],
    ])
    const [webhook] = world.product.received
    expect(webhook?.path).toBe('/twilio/sms')
    expect(webhook && isSigned(webhook)).toBe(true)
    expect(Object.fromEntries(webhook?.form ?? [])).toMatchObject({
      From: CALLER,
      To: NUMBER,
      Body: 'Hello',
      NumMedia: '0',
      SmsStatus: 'received',
    })
  })

  it('blocks whoever wrote STOP with 21610 until they write START; other words are no keywords', async () => {
    await using world = await rest({}, () => twiml('<Message>Never sent to STOP</Message>'))
    const write = async (body: string): Promise<number> => {
      const replies = world.twilio.sendText({ from: CALLER, to: NUMBER, body })
      await world.pass(1_000)
      return (await replies).length
    }
    expect(await write('stop please')).toBe(1)
    expect((await world.client.messages.create(text)).status).toBe('queued')
    expect(await write(' Stop ')).toBe(0)
    await expect(world.client.messages.create(text)).rejects.toMatchObject({ code: 21_610 })
    await write('START')
    expect((await world.client.messages.create(text)).status).toBe('queued')
  })

  it('to a number that the account does not have is refused', async () => {
    await using world = await rest()
    expect(() => world.twilio.sendText({ from: CALLER, to: '+14155550199', body: 'Hello' })).toThrow(
      'Cannot write to +14155550199: the account has no such number',
    )
  })

  it('reports a reply that is no XML and sends nothing', async () => {
    await using world = await rest({}, () => 'Hello')
    const replies = world.twilio.sendText({ from: CALLER, to: NUMBER, body: 'Hello' })
    await world.pass(100)
    expect(await replies).toEqual([])
    expect(world.events).toContainEqual(expect.objectContaining({ kind: 'warning', errorCode: 12_100 }))
  })
})

describe('messageSegments()', () => {
  it.each([
    ['', 1],
    ['x'.repeat(160), 1],
    ['x'.repeat(161), 2],
    ['x'.repeat(306), 2],
    ['x'.repeat(307), 3],
    ['€'.repeat(81), 2],
    ['ж'.repeat(70), 1],
    ['ж'.repeat(71), 2],
    [`${'x'.repeat(69)}🙂`, 2],
  ])('%j is %d', (body, segments) => {
    expect(messageSegments(body)).toBe(segments)
  })
})
