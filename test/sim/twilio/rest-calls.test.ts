import { describe, expect, it } from 'vitest'
import type { CallerScriptInput } from '../../../src/sim/caller/script.ts'
import { ACCOUNT_SID, CONNECT, isSigned, NUMBER, PUBLIC, twiml } from './memory-product.ts'
import { refused, rest } from './on-rest.ts'

const TO = '+14155550150'
const script: CallerScriptInput = { steps: [{ do: 'waitForEnd', withinMs: 600_000 }] }
const EVENTS = ['initiated', 'ringing', 'answered', 'completed']

describe('calls.create()', () => {
  it('answers 201 queued, then rings, answers, fetches the document and tells each state in order', async () => {
    await using world = await rest()
    const created = await world.client.calls.create({
      to: TO,
      from: NUMBER,
      url: `${PUBLIC}/answer?ref=7`,
      statusCallback: `${PUBLIC}/twilio/status?ref=7`,
      statusCallbackEvent: EVENTS,
      timeLimit: 60,
    })
    expect(created).toMatchObject({
      status: 'queued',
      to: TO,
      from: NUMBER,
      direction: 'outbound-api',
      accountSid: ACCOUNT_SID,
    })
    await world.pass(1_040)
    expect((await world.client.calls(created.sid).fetch()).status).toBe('in-progress')
    const [answer] = world.product.at('/answer')
    expect(Object.fromEntries(answer ?? [])).toMatchObject({
      Direction: 'outbound-api',
      CallStatus: 'in-progress',
      From: NUMBER,
      To: TO,
    })
    await world.pass(5_100)
    const call = await world.client.calls(created.sid).fetch()
    expect([call.status, call.duration]).toEqual(['completed', '5'])
    expect(call.startTime).toBeInstanceOf(Date)
    const told = world.product.at('/twilio/status')
    expect(told.map((form) => [form.get('CallStatus'), form.get('SequenceNumber')])).toEqual([
      ['initiated', '0'],
      ['ringing', '1'],
      ['in-progress', '2'],
      ['completed', '3'],
    ])
    expect(told.at(-1)?.get('CallDuration')).toBe('5')
    expect(world.product.received.every(isSigned)).toBe(true)
  })

  it('tells completed only when no event was named', async () => {
    await using world = await rest()
    await world.client.calls.create({
      to: TO,
      from: NUMBER,
      twiml: twiml(''),
      statusCallback: `${PUBLIC}/twilio/status`,
    })
    await world.pass(1_500)
    expect(world.product.at('/twilio/status').map((form) => form.get('CallStatus'))).toEqual(['completed'])
  })

  it('runs an inline document, on which a stream can open', async () => {
    await using world = await rest({}, () => twiml(''))
    await world.client.calls.create({
      to: TO,
      from: NUMBER,
      twiml: twiml(CONNECT.replace('/twilio/after-stream', `${PUBLIC}/after`)),
    })
    await world.pass(1_100)
    expect(world.product.socket().of('start')).toHaveLength(1)
    world.product.socket().close(1000)
    await world.pass(20)
    expect(world.product.at('/after')).toHaveLength(1)
  })

  it.each([
    [{ kind: 'busy' } as const, 'busy', '486'],
    [{ kind: 'failed' } as const, 'failed', '404'],
    [{ kind: 'noAnswer' } as const, 'no-answer', '487'],
  ])('%j ends as %s', async (answer, status, sip) => {
    await using world = await rest({ answerOutbound: () => answer })
    const url = `${PUBLIC}/answer`
    const created = await world.client.calls.create({
      to: TO,
      from: NUMBER,
      url,
      timeout: 5,
      statusCallback: `${PUBLIC}/twilio/status`,
    })
    await world.pass(5_100)
    expect((await world.client.calls(created.sid).fetch()).status).toBe(status)
    expect(
      world.product.at('/twilio/status').map((form) => [form.get('CallStatus'), form.get('SipResponseCode')]),
    ).toEqual([[status, sip]])
    expect(world.product.at('/answer')).toEqual([])
  })

  it('dials at most one call per second', async () => {
    await using world = await rest()
    const create = () => world.client.calls.create({ to: TO, from: NUMBER, url: `${PUBLIC}/answer` })
    await Promise.all([create(), create(), create()])
    await world.pass(2_500)
    const rings = world.events.filter((event) => event.kind === 'call' && event.status === 'ringing')
    expect(rings.map((event) => Math.floor(event.atMs / 1_000))).toEqual([0, 1, 2])
  })

  it('asynchronous detection tells what answered, after the document was fetched', async () => {
    await using world = await rest({
      answerOutbound: () => ({ kind: 'answer', script, answeredBy: 'machine_start' }),
    })
    await world.client.calls.create({
      to: TO,
      from: NUMBER,
      url: `${PUBLIC}/answer`,
      machineDetection: 'Enable',
      asyncAmd: 'true',
      asyncAmdStatusCallback: `${PUBLIC}/twilio/amd`,
    })
    await world.pass(5_000)
    expect(world.product.received.map((each) => each.path)).toEqual(['/answer', '/twilio/amd'])
    expect(world.product.at('/twilio/amd')[0]?.get('AnsweredBy')).toBe('machine_start')
    expect(world.product.at('/answer')[0]?.has('AnsweredBy')).toBe(false)
  })

  it('synchronous detection comes first and adds to the document request', async () => {
    await using world = await rest()
    await world.client.calls.create({
      to: TO,
      from: NUMBER,
      url: `${PUBLIC}/answer`,
      machineDetection: 'Enable',
    })
    await world.pass(3_300)
    expect(world.product.at('/answer')).toEqual([])
    await world.pass(400)
    expect(world.product.at('/answer')[0]?.get('AnsweredBy')).toBe('human')
  })

  const valid = { to: TO, from: NUMBER, url: `${PUBLIC}/answer` }
  it.each([
    ['an empty to', { ...valid, to: '' }, 21_201],
    ['an empty from', { ...valid, from: '' }, 21_213],
    ['a to without plus', { ...valid, to: '4155550150' }, 21_211],
    ['a to of letters', { ...valid, to: 'mum' }, 21_217],
    ['a from that is no number', { ...valid, from: '12' }, 21_212],
    ['a from of somebody else', { ...valid, from: '+14155550199' }, 21_210],
    ['no document', { to: TO, from: NUMBER }, 21_205],
    ['a malformed URL', { ...valid, url: 'voice' }, 21_205],
    ['a callback host with underscore', { ...valid, statusCallback: 'https://a_b.example.org/' }, 21_205],
    ['an application', { ...valid, applicationSid: 'AP0' }, 21_218],
    ['a document over 4000 characters', { to: TO, from: NUMBER, twiml: 'x'.repeat(4_001) }, 32_018],
    ['magic number 1', { ...valid, to: '+15005550001' }, 21_217],
    ['magic number 2', { ...valid, to: '+15005550002' }, 21_214],
    ['magic number 3', { ...valid, to: '+15005550003' }, 21_215],
    ['magic number 4', { ...valid, to: '+15005550004' }, 21_216],
    ['magic from 1', { ...valid, from: '+15005550001' }, 21_212],
    ['a refused number', { ...valid, to: '+14155550166' }, 21_215],
  ])('refuses %s', async (_, params, code) => {
    await using world = await rest({ refusedNumbers: { '+14155550166': 21_215 } })
    expect(await refused(world.client.calls.create(params))).toEqual([400, code])
    expect(world.twilio.calls.size).toBe(0)
  })

  it('refuses numbers that are not verified on trial, and allows a verified number as caller', async () => {
    await using world = await rest({ trialMode: true, verifiedNumbers: ['+14155550151'] })
    expect(await refused(world.client.calls.create(valid))).toEqual([400, 21_219])
    const call = await world.client.calls.create({ ...valid, to: '+14155550151', from: '+14155550151' })
    expect(call.status).toBe('queued')
  })

  it('refuses more live calls than allowed with 10004', async () => {
    await using world = await rest({ limits: { liveCalls: 1 } })
    await world.client.calls.create(valid)
    expect(await refused(world.client.calls.create(valid))).toEqual([429, 10_004])
  })
})
