import { describe, expect, it } from 'vitest'
import type { CallerScriptInput } from '../../../src/sim/caller/script.ts'
import { sdkClient } from './local-client.ts'
import { ACCOUNT_SID, AUTH_TOKEN, CALLER, CONNECT, NUMBER, PUBLIC, twiml } from './memory-product.ts'
import type { Rest } from './on-rest.ts'
import { refused, rest } from './on-rest.ts'

const TO = '+14155550150'
const script: CallerScriptInput = { steps: [{ do: 'waitForEnd', withinMs: 600_000 }] }

describe('calls(sid).update()', () => {
  async function streaming(): Promise<Rest & { readonly sid: string }> {
    const world = await rest({}, (each) =>
      each.path === '/twilio/voice' ? twiml(CONNECT) : twiml('<Say>Other</Say>'),
    )
    const call = world.twilio.placeCall({ from: CALLER, to: NUMBER, script })
    await world.pass(100)
    return { ...world, sid: call.sid }
  }

  it('completed: stop, close, then the callbacks; once more is 21220', async () => {
    await using world = await streaming()
    expect((await world.client.calls(world.sid).update({ status: 'completed' })).status).toBe('completed')
    expect(world.product.socket().messages.at(-1)?.['event']).toBe('stop')
    expect(world.product.socket().closed).toBe(true)
    expect(await world.twilio.calls.get(world.sid)?.ended).toMatchObject({
      endedBy: 'rest',
      status: 'completed',
    })
    expect(world.product.at('/twilio/after-stream')).toEqual([])
    expect(world.product.at('/twilio/status').map((form) => form.get('CallStatus'))).toEqual(['completed'])
    expect(await refused(world.client.calls(world.sid).update({ status: 'completed' }))).toEqual([
      400, 21_220,
    ])
  })

  it('twiml and url: the stream stops and the new document runs on the same call', async () => {
    await using world = await streaming()
    await world.client.calls(world.sid).update({ twiml: twiml('<Say>Goodbye</Say><Pause length="9"/>') })
    await world.pass(1_000)
    expect(world.product.socket().messages.at(-1)?.['event']).toBe('stop')
    await world.client.calls(world.sid).update({ url: `${PUBLIC}/other` })
    await world.pass(1_000)
    const summary = await world.twilio.calls.get(world.sid)?.ended
    expect(summary?.heardSay.map((each) => each.text)).toEqual(['Goodbye', 'Other'])
    expect(world.product.at('/twilio/after-stream')).toEqual([])
  })

  it('canceled: only before the answer', async () => {
    await using world = await rest()
    const call = await world.client.calls.create({ to: TO, from: NUMBER, url: `${PUBLIC}/answer` })
    expect(await refused(world.client.calls(call.sid).update({ twiml: twiml('') }))).toEqual([400, 21_220])
    expect((await world.client.calls(call.sid).update({ status: 'canceled' })).status).toBe('canceled')
    await using other = await streaming()
    expect(await refused(other.client.calls(other.sid).update({ status: 'canceled' }))).toEqual([400, 21_220])
  })

  it('timeLimit: shortens a running call', async () => {
    await using world = await streaming()
    await world.client.calls(world.sid).update({ timeLimit: 3 })
    await world.pass(3_000)
    expect(await world.twilio.calls.get(world.sid)?.ended).toMatchObject({
      endedBy: 'timeLimit',
      durationMs: 3_000,
    })
  })

  it('of a call that nobody knows is 20404, of a document over 4000 characters 32018', async () => {
    await using world = await streaming()
    expect(await refused(world.client.calls(`CA${'0'.repeat(32)}`).update({ status: 'completed' }))).toEqual([
      404, 20_404,
    ])
    expect(await refused(world.client.calls(world.sid).update({ twiml: 'x'.repeat(4_001) }))).toEqual([
      400, 32_018,
    ])
  })
})

describe('calls.list()', () => {
  it('pages through all calls, newest first, and filters', async () => {
    await using world = await rest()
    for (let n = 0; n < 5; n++) world.twilio.placeCall({ from: `+1415555013${n}`, to: NUMBER, script })
    const all = await world.client.calls.list({ pageSize: 2 })
    expect(all.map((call) => call.from)).toEqual(['4', '3', '2', '1', '0'].map((n) => `+1415555013${n}`))
    expect(await world.client.calls.list({ from: '+14155550133', limit: 20 })).toHaveLength(1)
    expect(await world.client.calls.list({ status: 'canceled', limit: 20 })).toEqual([])
    const startTimeAfter = new Date(world.clock.wallMs() - 60_000)
    expect(await world.client.calls.list({ to: NUMBER, startTimeAfter, limit: 20 })).toHaveLength(5)
    const later = new Date(world.clock.wallMs() + 60_000)
    expect(await world.client.calls.list({ startTimeAfter: later, limit: 20 })).toEqual([])
    expect(await world.client.calls.list({ startTimeBefore: later, limit: 3 })).toHaveLength(3)
  })

  it('remembers as many ended calls as it may', async () => {
    await using world = await rest({ limits: { remembered: 3 } }, () => twiml(''))
    for (let n = 0; n < 6; n++) {
      world.twilio.placeCall({ from: `+1415555013${n}`, to: NUMBER, script })
      await world.pass(40)
    }
    expect([...world.twilio.calls.values()].map((call) => call.from.at(-1))).toEqual(['3', '4', '5'])
  })
})

describe('the REST door', () => {
  it('answers 401 with code 20003 to a wrong token, in the shape of an API error', async () => {
    await using world = await rest()
    const stranger = sdkClient(world.twilio.origin, ACCOUNT_SID, 'wrong')
    expect(await refused(stranger.calls.list({ limit: 1 }))).toEqual([401, 20_003])
    const response = await fetch(`${world.twilio.origin}/2010-04-01/Accounts/${ACCOUNT_SID}/Calls.json`)
    expect(response.status).toBe(401)
    expect(await response.json()).toEqual({
      code: 20_003,
      message: 'Authenticate',
      more_info: 'https://www.twilio.com/docs/errors/20003',
      status: 401,
    })
  })

  it('answers 20404 for another account or path and 20004 for another method', async () => {
    await using world = await rest()
    const authorization = `Basic ${Buffer.from(`${ACCOUNT_SID}:${AUTH_TOKEN}`).toString('base64')}`
    const status = async (path: string, method = 'GET'): Promise<number> =>
      (await fetch(`${world.twilio.origin}${path}`, { method, headers: { authorization } })).status
    expect(await status('/2010-04-01/Accounts/AC1/Calls.json')).toBe(404)
    expect(await status(`/2010-04-01/Accounts/${ACCOUNT_SID}/Faxes.json`)).toBe(404)
    expect(await status(`/2010-04-01/Accounts/${ACCOUNT_SID}/Calls.json`, 'PUT')).toBe(405)
  })

  it('refuses what is asked beyond its concurrency with 20429, and what the test wants refused', async () => {
    await using world = await rest({ limits: { restConcurrency: 2, restLatencyMs: 500 } })
    const asked = Promise.allSettled([1, 2, 3].map(() => world.client.calls.list({ limit: 1 })))
    while (world.clock.pendingTimers() < 3) await world.pass(0)
    await world.pass(520)
    expect((await asked).map((each) => each.status).toSorted()).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
    ])
    await using other = await rest({ refuseRest: () => 20_429 })
    expect(await refused(other.client.calls.list({ limit: 1 }))).toEqual([429, 20_429])
  })
})
