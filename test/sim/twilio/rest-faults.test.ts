import { describe, expect, it } from 'vitest'
import type { RestFault } from '../../../src/sim/twilio/rest-faults.ts'
import { CALLER, CONNECT, NUMBER, PUBLIC, twiml } from './memory-product.ts'
import { type Rest, refused, rest } from './on-rest.ts'

const script = { steps: [{ do: 'waitForEnd' as const, withinMs: 600_000 }] }
const TO = '+14155550150'

type Live = Rest & { readonly sid: string; readonly otherSid: string }

/** Two calls on their streams; the first is the victim of its own faults. */
async function live(restFaults: readonly RestFault[] = []): Promise<Live> {
  const world = await rest({}, (each) => (each.path === '/twilio/voice' ? twiml(CONNECT) : twiml('')))
  const call = world.twilio.placeCall({ from: CALLER, to: NUMBER, script, restFaults })
  const other = world.twilio.placeCall({ from: '+14155550124', to: NUMBER, script })
  await world.pass(100)
  return { ...world, sid: call.sid, otherSid: other.sid }
}

function faultsOf(world: Live): unknown[] {
  return world.events
    .filter((event) => event.kind === 'fault')
    .map(({ callSid, fault }) => [callSid === world.sid, fault])
}

describe('RestFaults', () => {
  it.each([
    ['429', [429, 20_429]],
    ['500', [500, 20_500]],
    ['503', [503, 20_503]],
  ] as const)('hangUp answered once with %s; the next one goes through', async (answer, expected) => {
    await using world = await live([{ request: 'hangUp', answer, count: 1 }])
    const hangUp = (): Promise<unknown> => world.client.calls(world.sid).update({ status: 'completed' })
    expect(await refused(hangUp())).toEqual(expected)
    expect(world.twilio.calls.get(world.sid)?.isLive()).toBe(true)
    expect(await hangUp()).toMatchObject({ status: 'completed' })
    expect(faultsOf(world)).toEqual([[true, `rest ${answer}`]])
  })

  it('always, without a count, and for the call alone that it was meant for', async () => {
    await using world = await live([{ request: 'hangUp', answer: '500' }])
    const hangUp = (sid: string): Promise<unknown> => world.client.calls(sid).update({ status: 'completed' })
    expect(await refused(hangUp(world.sid))).toEqual([500, 20_500])
    expect(await refused(hangUp(world.sid))).toEqual([500, 20_500])
    expect(await hangUp(world.otherSid)).toMatchObject({ status: 'completed' })
  })

  it('never answers; the sender gives up by itself', async () => {
    await using world = await live([{ request: 'fetchCall', answer: 'none' }])
    const url = `${world.twilio.origin}/2010-04-01/Accounts/${world.client.accountSid}/Calls/${world.sid}.json`
    const authorization = `Basic ${btoa(`${world.client.username}:${world.client.password}`)}`
    const giveUp = new AbortController()
    const asked = fetch(url, { headers: { authorization }, signal: giveUp.signal })
    while (faultsOf(world).length === 0) await world.pass(0)
    const other = await fetch(url.replace(world.sid, world.otherSid), { headers: { authorization } })
    expect(other.status).toBe(200)
    giveUp.abort()
    await expect(asked).rejects.toThrow('aborted')
    expect(faultsOf(world)).toEqual([[true, 'rest none']])
    expect(world.events.filter((event) => event.kind === 'rest').map(({ status }) => status)).toEqual([
      undefined,
      200,
    ])
  })

  it('tells a hang-up from other updates', async () => {
    await using world = await live([{ request: 'updateCall', answer: '500' }])
    const { client, sid } = world
    expect(await refused(client.calls(sid).update({ twiml: twiml('') }))).toEqual([500, 20_500])
    expect(await client.calls(sid).update({ status: 'completed' })).toMatchObject({ status: 'completed' })
  })

  it('fails calls and messages that are created, while the call lives that it came with', async () => {
    await using world = await live([
      { request: 'createCall', answer: '429' },
      { request: 'createMessage', answer: '500' },
    ])
    const call = (): Promise<unknown> =>
      world.client.calls.create({ to: TO, from: NUMBER, url: `${PUBLIC}/answer` })
    const message = (): Promise<unknown> => world.client.messages.create({ to: TO, from: NUMBER, body: 'Hi' })
    expect(await refused(call())).toEqual([429, 20_429])
    expect(await refused(message())).toEqual([500, 20_500])
    world.twilio.calls.get(world.sid)?.hangUp()
    expect(await call()).toMatchObject({ status: 'queued' })
    expect(await message()).toMatchObject({ body: 'Hi' })
  })

  it('failRest() spoils every request of the account until it is disposed', async () => {
    await using world = await live()
    const list = (): Promise<unknown> => world.client.calls.list({ limit: 1 })
    const failing = world.twilio.failRest({ request: 'any', answer: '503' })
    expect(await refused(list())).toEqual([503, 20_503])
    expect(await refused(world.client.calls(world.otherSid).fetch())).toEqual([503, 20_503])
    failing[Symbol.dispose]()
    expect(await list()).toHaveLength(1)
  })
})
