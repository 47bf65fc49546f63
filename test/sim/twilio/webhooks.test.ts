import { describe, expect, it } from 'vitest'
import type { CallerScriptInput } from '../../../src/sim/caller/script.ts'
import type { Handler } from './memory-product.ts'
import {
  ACCOUNT_SID,
  AUTH_TOKEN,
  CALLER,
  CONNECT,
  isSigned,
  NUMBER,
  PUBLIC,
  stage,
  twiml,
} from './memory-product.ts'
import { warnings } from './on-stream.ts'

const script: CallerScriptInput = { steps: [{ do: 'waitForEnd', withinMs: 600_000 }] }
const APOLOGY = { kind: 'error', text: expect.stringContaining('application error') as string }
const number = { phoneNumber: NUMBER, voiceUrl: `${PUBLIC}/twilio/voice` }

describe('an incoming call', () => {
  it('posts the fields of a voice webhook, signed, with a token of its own', async () => {
    await using world = await stage(() => twiml('<Hangup/>'))
    const call = world.twilio.placeCall({
      from: CALLER,
      to: NUMBER,
      script,
      stirVerstat: 'TN-Validation-Passed-A',
    })
    await world.pass(20)
    const [voice, status] = world.product.received
    expect(Object.fromEntries(voice?.form ?? [])).toMatchObject({
      AccountSid: ACCOUNT_SID,
      ApiVersion: '2010-04-01',
      CallSid: call.sid,
      CallStatus: 'ringing',
      Direction: 'inbound',
      From: CALLER,
      To: NUMBER,
      Caller: CALLER,
      Called: NUMBER,
      FromCity: 'SAN FRANCISCO',
      FromCountry: 'US',
      CalledState: 'CA',
      StirVerstat: 'TN-Validation-Passed-A',
    })
    expect(voice?.headers['content-type']).toContain('application/x-www-form-urlencoded')
    expect(voice?.headers['i-twilio-idempotency-token']).toMatch(/^[0-9a-f-]{36}$/)
    expect(status?.headers['i-twilio-idempotency-token']).not.toBe(
      voice?.headers['i-twilio-idempotency-token'],
    )
    expect(world.product.received.map(isSigned)).toEqual([true, true])
  })

  it('leaves StirVerstat out when the network said nothing, and sends it twice when asked to', async () => {
    await using world = await stage(() => twiml('<Hangup/>'))
    world.twilio.placeCall({ from: CALLER, to: NUMBER, script })
    const extraFields = [['StirVerstat', 'TN-Validation-Passed-A']] as const
    world.twilio.placeCall({
      from: CALLER,
      to: NUMBER,
      script,
      stirVerstat: 'TN-Validation-Failed',
      extraFields,
    })
    await world.pass(20)
    const [plain, doubled] = world.product.received.filter((each) => each.path === '/twilio/voice')
    expect(plain?.form.has('StirVerstat')).toBe(false)
    expect(doubled?.form.getAll('StirVerstat')).toEqual(['TN-Validation-Failed', 'TN-Validation-Passed-A'])
    expect(doubled && isSigned(doubled)).toBe(true)
  })

  it('tells its end with duration, sequence number and time', async () => {
    await using world = await stage((each) =>
      each.path === '/twilio/voice' ? twiml('<Say>Hello</Say><Pause length="2"/>') : undefined,
    )
    const call = world.twilio.placeCall({ from: CALLER, to: NUMBER, script })
    await world.pass(3_000)
    expect(await call.ended).toMatchObject({ endedBy: 'twiml', status: 'completed' })
    const [end, ...more] = world.product.at('/twilio/status')
    expect(more).toEqual([])
    expect(Object.fromEntries(end ?? [])).toMatchObject({
      CallStatus: 'completed',
      CallDuration: '3',
      Duration: '1',
      SequenceNumber: '0',
      CallbackSource: 'call-progress-events',
      Timestamp: 'Fri, 20 Nov 2026 09:00:02 +0000',
    })
  })

  it('is not answered by a rejection, a pause or an empty document', async () => {
    for (const [verbs, status, endedBy] of [
      ['<Reject/>', 'no-answer', 'rejected'],
      ['<Reject reason="busy"/>', 'busy', 'rejected'],
      ['<Pause length="1"/><Hangup/>', 'completed', 'twiml'],
      ['', 'completed', 'twiml'],
    ] as const) {
      await using world = await stage(() => twiml(verbs))
      const call = world.twilio.placeCall({ from: CALLER, to: NUMBER, script })
      await world.pass(1_100)
      expect(await call.ended).toMatchObject({
        status,
        endedBy,
        answeredAtMs: undefined,
        durationMs: 0,
        errors: [],
      })
    }
  })

  it('that the caller gives up while it rings is not answered', async () => {
    await using world = await stage((each) => (each.path === '/twilio/voice' ? { status: -1 } : undefined))
    const call = world.twilio.placeCall({ from: CALLER, to: NUMBER, script })
    await world.pass(1_000)
    call.hangUp()
    await world.pass(15_000)
    expect(await call.ended).toMatchObject({ endedBy: 'caller', status: 'no-answer' })
  })

  it('to a number that the account does not have is refused', async () => {
    await using world = await stage(() => twiml(''))
    expect(() => world.twilio.placeCall({ from: CALLER, to: '+14155550199', script })).toThrow(
      'Cannot ring +14155550199: the account has no such number',
    )
  })

  it('ends after its time limit', async () => {
    await using world = await stage(() => twiml('<Pause length="60"/><Pause length="60"/>'), {
      limits: { callSeconds: 5 },
    })
    const call = world.twilio.placeCall({ from: CALLER, to: NUMBER, script })
    call.answer()
    await world.pass(5_100)
    expect(await call.ended).toMatchObject({ endedBy: 'timeLimit', durationMs: 5_000 })
  })
})

describe('a voice webhook that fails', () => {
  const failures: readonly (readonly [string, Handler, number])[] = [
    ['HTTP 500', () => ({ status: 500 }), 11_200],
    ['HTTP 403', () => ({ status: 403 }), 11_200],
    ['no answer in 15 s', () => ({ status: -1 }), 11_200],
    ['no connection', () => Object.assign(new Error('no'), { code: 'ECONNREFUSED' }), 11_205],
    ['no such host', () => Object.assign(new Error('no'), { code: 'ENOTFOUND' }), 11_210],
    ['a bad certificate', () => Object.assign(new Error('no'), { code: 'CERT_HAS_EXPIRED' }), 11_220],
    ['bad XML', () => '<Response><Say>', 12_100],
    ['another root', () => '<Html/>', 12_100],
    ['another content type', () => ({ contentType: 'text/html', body: '<Response/>' }), 12_300],
  ]

  it.each(failures)('%s: the caller hears an apology and the call ends', async (_, handler, code) => {
    await using world = await stage((each) => (each.path === '/twilio/voice' ? handler(each) : undefined))
    const call = world.twilio.placeCall({ from: CALLER, to: NUMBER, script })
    await world.pass(20_000)
    const summary = await call.ended
    expect(summary).toMatchObject({ endedBy: 'webhookFailed', status: 'completed', heardSay: [APOLOGY] })
    expect(summary.errors).toEqual([expect.stringMatching(new RegExp(`^${code} `))])
  })

  it('is replaced by the fallback, which is told what failed', async () => {
    await using world = await stage(
      (each) => (each.path === '/fallback' ? twiml('<Say>Sorry</Say>') : { status: 500 }),
      {
        numbers: [{ ...number, voiceFallbackUrl: `${PUBLIC}/fallback` }],
      },
    )
    const call = world.twilio.placeCall({ from: CALLER, to: NUMBER, script })
    await world.pass(1_000)
    expect(await call.ended).toMatchObject({ endedBy: 'twiml', heardSay: [{ kind: 'say', text: 'Sorry' }] })
    const [fallback] = world.product.at('/fallback')
    expect(fallback?.get('ErrorCode')).toBe('11200')
    expect(fallback?.get('ErrorUrl')).toBe(`${PUBLIC}/twilio/voice`)
    expect(fallback?.get('CallSid')).toBe(call.sid)
  })

  it('is waited for exactly 15 s', async () => {
    await using world = await stage((each) => (each.path === '/twilio/voice' ? { status: -1 } : undefined))
    world.twilio.placeCall({ from: CALLER, to: NUMBER, script })
    await world.pass(14_980)
    expect(warnings(world)).toEqual([])
    await world.pass(40)
    expect(warnings(world)).toEqual([11_200])
  })

  it('is tried again as its URL asks, with the same token and a signature without the fragment', async () => {
    let tries = 0
    await using world = await stage(
      (each) => {
        if (each.path !== '/twilio/voice') return undefined
        return ++tries < 3 ? Object.assign(new Error('no'), { code: 'ECONNREFUSED' }) : twiml('<Hangup/>')
      },
      { numbers: [{ ...number, voiceUrl: `${PUBLIC}/twilio/voice#rc=2&rt=3000` }] },
    )
    const call = world.twilio.placeCall({ from: CALLER, to: NUMBER, script })
    await world.pass(20)
    expect(await call.ended).toMatchObject({ endedBy: 'twiml', errors: [] })
    expect(tries).toBe(3)
    expect(
      new Set(world.product.received.map((each) => each.headers['i-twilio-idempotency-token'])).size,
    ).toBe(1)
    expect(world.product.received.every(isSigned)).toBe(true)
  })

  it('that redirects to itself for ever ends after 200 documents', async () => {
    await using world = await stage(() => twiml('<Redirect>/twilio/voice</Redirect>'))
    const call = world.twilio.placeCall({ from: CALLER, to: NUMBER, script })
    await world.pass(5_000)
    expect(await call.ended).toMatchObject({ endedBy: 'webhookFailed' })
    expect(world.product.at('/twilio/voice')).toHaveLength(200)
  })
})

describe('a webhook', () => {
  it('is delivered twice with one token when asked to', async () => {
    await using world = await stage(() => twiml('<Hangup/>'), {
      redeliver: (request) => request.purpose === 'callStatus',
    })
    world.twilio.placeCall({ from: CALLER, to: NUMBER, script })
    await world.pass(20)
    const ends = world.product.received.filter((each) => each.path === '/twilio/status')
    expect(ends).toHaveLength(2)
    expect(new Set(ends.map((each) => each.headers['i-twilio-idempotency-token'])).size).toBe(1)
  })

  it('goes where its origin is rewritten to, under the public host and signature', async () => {
    await using world = await stage(() => twiml('<Hangup/>'), {
      rewriteHttpOrigin: () => 'http://127.0.0.1:4000',
    })
    world.twilio.placeCall({ from: CALLER, to: NUMBER, script })
    await world.pass(20)
    const [voice] = world.product.received
    expect(voice?.url).toBe('http://127.0.0.1:4000/twilio/voice')
    expect(voice?.headers['host']).toBe('voice.example.org')
    expect(voice && isSigned({ ...voice, url: `${PUBLIC}/twilio/voice` })).toBe(true)
  })

  it('by GET carries its fields in the signed query', async () => {
    const verbs = '<Redirect method="GET">/next?step=2</Redirect>'
    await using world = await stage((each) => twiml(each.path === '/twilio/voice' ? verbs : ''))
    const call = world.twilio.placeCall({ from: CALLER, to: NUMBER, script })
    await world.pass(20)
    const next = world.product.received.find((each) => each.path === '/next')
    expect(next?.method).toBe('GET')
    expect(new URL(next?.url ?? '').searchParams.get('CallSid')).toBe(call.sid)
    expect(new URL(next?.url ?? '').searchParams.get('step')).toBe('2')
    expect(next && isSigned(next)).toBe(true)
  })
})

describe('the event log', () => {
  it('holds no token, signature, custom parameter, stream key or query value', async () => {
    await using world = await stage((each) => twiml(each.path === '/twilio/voice' ? CONNECT : ''), {
      numbers: [{ ...number, voiceUrl: `${PUBLIC}/twilio/voice?ref=secret-ref` }],
    })
    const call = world.twilio.placeCall({ from: CALLER, to: NUMBER, script })
    await world.pass(100)
    world.product.socket().sendAudio(160)
    call.hangUp()
    await call.ended
    const log = JSON.stringify(world.events)
    for (const secret of [
      AUTH_TOKEN,
      'one-time',
      'nonce-0123456789abcdef',
      'secret-ref',
      ...world.product.received.map((each) => each.headers['x-twilio-signature'] ?? ''),
    ]) {
      expect(log).not.toContain(secret)
    }
    expect(world.events.map((event) => event.kind)).toEqual(
      expect.arrayContaining(['call', 'webhook', 'stream']),
    )
  })
})
