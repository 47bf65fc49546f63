import { describe, expect, it } from 'vitest'
import { NUMBER, PUBLIC } from '../sim/twilio/memory-product.ts'
import { AtWork } from './at-work.ts'

const ann = '+14155550123'
const sms = { to_number: ann, body: 'I am on my way' }
const errand = { to_number: ann, purpose: 'Book a table for two' }
const intentId = 'intent_x0123456789abcdef01234567'

describe('send_sms', () => {
  it('hands the text to the network once, and has itself told of it by the id of the intent', async () => {
    await using at = await AtWork.open()
    const result = await at.run('send_sms', sms, { intentId })
    expect(result).toMatchObject({
      kind: 'done',
      providerId: expect.stringMatching(/^SM[0-9a-f]{32}$/) as unknown,
    })
    expect(at.texts()).toMatchObject([{ from: NUMBER, to: ann, body: sms.body }])
    await at.twilio.pass(1_000)
    const told = at.twilio.product.received.filter(({ path }) => path === '/twilio/sms-status')
    expect(told.map(({ url }) => url)).toEqual(
      [1, 2].map(() => `${PUBLIC}/twilio/sms-status?ref=${intentId}`),
    )
  })

  it.each([
    ['+15005550004', '21610'],
    ['+15005550009', '21614'],
    ['+15005550001', '21211'],
  ])('has failed with the code of the network for %s, and nothing is tried again', async (to, code) => {
    await using at = await AtWork.open()
    expect(await at.run('send_sms', { ...sms, to_number: to })).toEqual({ kind: 'failed', code })
    expect(requests(at)).toHaveLength(1)
  })

  it.each(['500', '503'] as const)('is unknown after HTTP %s, and is not tried again', async (answer) => {
    await using at = await AtWork.open()
    at.twilio.twilio.failRest({ request: 'createMessage', answer })
    expect(await at.run('send_sms', sms)).toMatchObject({ kind: 'unknown' })
    expect(requests(at)).toHaveLength(1)
  })

  it('is unknown when no answer comes in time, or the call is over meanwhile', async () => {
    const { promise: asked, resolve } = Promise.withResolvers<void>()
    const onEvent = ({ kind }: { kind: string }): void => void (kind === 'fault' && resolve())
    await using at = await AtWork.open({ onEvent })
    at.twilio.twilio.failRest({ request: 'createMessage', answer: 'none' })
    const late = at.run('send_sms', sms)
    await asked
    at.twilio.clock.advance(8_000)
    expect(await late).toEqual({ kind: 'unknown', code: 'timeout' })
    const over = new AbortController()
    const cut = at.run('send_sms', sms, { signal: over.signal })
    over.abort()
    // Whether the order had left by then, nobody knows but the network.
    expect(await cut).toMatchObject({ code: 'aborted' })
  })

  it('has failed when the call was over before anything was sent', async () => {
    await using at = await AtWork.open()
    const result = await at.run('send_sms', sms, { signal: AbortSignal.abort() })
    expect(result).toEqual({ kind: 'failed', code: 'aborted' })
    expect(at.texts()).toEqual([])
  })

  it('throws before anything is sent where there is no intent', async () => {
    await using at = await AtWork.open()
    await expect(at.run('send_sms', sms, { intentId: undefined })).rejects.toThrow(/no intent/)
    expect(at.texts()).toEqual([])
  })
})

describe('make_call', () => {
  it('has the network dial, ask us by the id of the intent, and tell us of every step', async () => {
    await using at = await AtWork.open({ answerOutbound: () => ({ kind: 'busy' }) })
    const result = await at.run('make_call', errand, { intentId })
    expect(result).toMatchObject({
      kind: 'done',
      providerId: expect.stringMatching(/^CA[0-9a-f]{32}$/) as unknown,
    })
    await at.twilio.pass(3_000)
    const told = at.twilio.product.received
    expect(new Set(told.map(({ url }) => url))).toEqual(new Set([`${PUBLIC}/twilio/status?ref=${intentId}`]))
    expect(told.map(({ form }) => form.get('CallStatus'))).toEqual(['initiated', 'ringing', 'busy'])
  })

  it('asks for the document of a call that was answered by the id of the intent', async () => {
    await using at = await AtWork.open()
    await at.run('make_call', errand, { intentId })
    await at.twilio.pass(3_000)
    const asked = at.twilio.product.received.filter(({ path }) => path === '/twilio/voice')
    expect(asked).toMatchObject([{ url: `${PUBLIC}/twilio/voice?ref=${intentId}` }])
    expect(asked[0]?.form.get('Direction')).toBe('outbound-api')
  })

  it('says of a call that the network refused that it never was', async () => {
    await using at = await AtWork.open()
    const refused = { ...errand, to_number: '+15005550004' }
    expect(await at.run('make_call', refused)).toEqual({ kind: 'failed', code: '21216' })
  })

  it('does not know of a call whether it rings when the network fails', async () => {
    await using at = await AtWork.open()
    at.twilio.twilio.failRest({ request: 'createCall', answer: '500' })
    expect(await at.run('make_call', errand)).toMatchObject({ kind: 'unknown' })
    expect(requests(at)).toHaveLength(1)
  })
})

function requests(at: AtWork): readonly unknown[] {
  return at.twilio.events.filter((entry) => entry.kind === 'rest' && entry.method === 'POST')
}
