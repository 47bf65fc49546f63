import { describe, expect, it } from 'vitest'
import { levelDbfs } from '../../../src/sim/audio/g711.ts'
import { readWav } from '../../../src/sim/audio/wav.ts'
import type { CallerScriptInput } from '../../../src/sim/caller/script.ts'
import type { CallSummary } from '../../../src/sim/twilio/call-summary.ts'
import type { OutboundAnswer } from '../../../src/sim/twilio/outbound-answer.ts'
import type { FakeTwilioOptions } from '../../../src/sim/twilio/fake-twilio-options.ts'
import type { Stage } from './memory-product.ts'
import { ACCOUNT_SID, AUTH_TOKEN, CALLER, NUMBER, PUBLIC, stage, twiml } from './memory-product.ts'

const clips: Record<string, Int16Array> = {
  message: new Int16Array(16_000).map((_, n) => 9_000 * Math.sin(n / 3)),
}

type Ended = AsyncDisposable & Stage & { readonly summary: CallSummary }

/** A call that ran to its end: the verbs of its first document, then an empty document for every action. */
async function ended(
  verbs: string,
  steps: CallerScriptInput['steps'] = [{ do: 'waitForEnd', withinMs: 600_000 }],
  options: Partial<FakeTwilioOptions> = {},
): Promise<Ended> {
  const world = await stage((each) => twiml(each.path === '/twilio/voice' ? verbs : ''), {
    speech: (clip) => clips[clip],
    ...options,
  })
  const call = world.twilio.placeCall({ from: CALLER, to: NUMBER, script: { steps } })
  await world.pass(60_000)
  return { ...world, summary: await call.ended }
}

describe('<Say> and <Play>', () => {
  it('are heard as a tone as long as the text, with the words in the summary', async () => {
    await using world = await ended('<Say loop="2">Hello</Say><Play>https://h/a.mp3</Play>')
    const { heardSay, heardUlaw, durationMs } = world.summary
    expect(heardSay.map(({ kind, text }) => [kind, text])).toEqual([
      ['say', 'Hello'],
      ['say', 'Hello'],
      ['play', 'https://h/a.mp3'],
    ])
    // Five characters of 60 ms, twice, and a second; a frame passes before the next sound.
    expect(durationMs).toBe(300 + 300 + 1_000 + 40)
    expect(levelDbfs(heardUlaw.subarray(0, 2_400))).toBeGreaterThan(-25)
  })

  it('Play digits sounds keys', async () => {
    await using world = await ended('<Play digits="1w2"/>')
    expect(world.summary.heardSay).toMatchObject([{ kind: 'digits', text: '1w2' }])
    expect(world.summary.durationMs).toBe(200 + 500 + 200)
  })
})

function gather(attributes: string): string {
  return `<Gather action="/digits" ${attributes}><Say>Please enter your four digit code now</Say></Gather><Say>Nothing</Say>`
}

describe('<Gather>', () => {
  it('posts what was pressed at the number of digits; a key cuts the prompt short', async () => {
    await using world = await ended(gather('numDigits="4"'), [
      { do: 'pause', ms: 500 },
      { do: 'press', digits: '1234' },
    ])
    expect(world.product.at('/digits').map((form) => form.get('Digits'))).toEqual(['1234'])
    expect(world.summary.durationMs).toBeLessThan(1_300)
  })

  it('posts at the finishing key, without it', async () => {
    await using world = await ended(gather(''), [{ do: 'press', digits: '12#' }])
    expect(world.product.at('/digits').map((form) => form.get('Digits'))).toEqual(['12'])
  })

  it('posts what there is when no further key comes in time', async () => {
    await using world = await ended(gather('timeout="2"'), [
      { do: 'pause', ms: 5_000 },
      { do: 'press', digits: '7' },
    ])
    expect(world.product.at('/digits').map((form) => form.get('Digits'))).toEqual([])
    await using other = await ended(gather('timeout="2"'), [
      { do: 'pause', ms: 4_000 },
      { do: 'press', digits: '7' },
    ])
    expect(other.product.at('/digits').map((form) => form.get('Digits'))).toEqual(['7'])
  })

  it('without a key goes on with the next verb, or posts nothing pressed when asked to', async () => {
    await using world = await ended(gather('timeout="1"'))
    expect(world.product.at('/digits')).toEqual([])
    expect(world.summary.heardSay.at(-1)?.text).toBe('Nothing')
    await using other = await ended(gather('timeout="1" actionOnEmptyResult="true"'))
    expect(other.product.at('/digits').map((form) => form.get('Digits'))).toEqual([''])
  })
})

describe('<Record>', () => {
  const record = `<Record action="/recorded" timeout="2" playBeep="false" recordingStatusCallback="${PUBLIC}/twilio/recording"/><Say>Nothing</Say>`
  const speak = { do: 'speak', clip: 'message', text: 'Call me back' } as const

  it('keeps what was said until silence and posts where it is', async () => {
    await using world = await ended(record, [{ do: 'pause', ms: 500 }, speak])
    const [action] = world.product.at('/recorded')
    expect(Object.fromEntries(action ?? [])).toMatchObject({
      RecordingDuration: '5',
      Digits: '',
      CallStatus: 'in-progress',
    })
    const [told] = world.product.at('/twilio/recording')
    expect(Object.fromEntries(told ?? [])).toMatchObject({
      RecordingStatus: 'completed',
      RecordingSid: action?.get('RecordingSid'),
      RecordingSource: 'RecordVerb',
      RecordingChannels: '1',
    })
    const url = `${action?.get('RecordingUrl') ?? ''}.wav`
    expect(url).toContain(world.twilio.origin)
    expect((await fetch(url)).status).toBe(401)
    const authorization = `Basic ${Buffer.from(`${ACCOUNT_SID}:${AUTH_TOKEN}`).toString('base64')}`
    const sound = readWav(
      new Uint8Array(await (await fetch(url, { headers: { authorization } })).arrayBuffer()),
    )
    expect(sound.rateHz).toBe(8_000)
    expect(sound.samples.length).toBe(8_000 * 4.5)
  })

  it('ends at a key and posts it', async () => {
    await using world = await ended(record, [speak, { do: 'press', digits: '#' }])
    expect(world.product.at('/recorded').map((form) => form.get('Digits'))).toEqual(['#'])
  })

  it('goes on with the next verb when nothing was said', async () => {
    await using world = await ended(record)
    expect(world.product.at('/recorded')).toEqual([])
    expect(world.summary.heardSay.map((each) => each.text)).toEqual(['Nothing'])
  })

  it('is told when the caller hung up, and its answer is not run', async () => {
    await using world = await ended(record, [{ do: 'pause', ms: 100 }, speak, { do: 'hangUp' }])
    const [action] = world.product.at('/recorded')
    expect(action?.get('Digits')).toBe('hangup')
    expect(action?.get('CallStatus')).toBe('completed')
    expect(world.product.at('/twilio/recording')).toHaveLength(1)
    expect(world.summary.endedBy).toBe('caller')
  })
})

describe('<Dial>', () => {
  const dial = '<Dial action="/dialled" timeout="10"><Number>+14155550150</Number></Dial>'

  it('lets caller and callee hear each other until one hangs up', async () => {
    await using world = await ended(dial, undefined, {
      answerOutbound: () => ({
        kind: 'answer',
        afterMs: 3_000,
        script: { steps: [{ do: 'speak', clip: 'message', text: 'Speaking' }, { do: 'hangUp' }] },
      }),
    })
    const [action] = world.product.at('/dialled')
    expect(Object.fromEntries(action ?? [])).toMatchObject({
      DialCallStatus: 'completed',
      DialCallDuration: '3',
      DialBridged: 'true',
      CallStatus: 'in-progress',
    })
    expect(action?.get('DialCallSid')).toMatch(/^CA[0-9a-f]{32}$/)
    const heard = world.summary.heardUlaw
    expect(levelDbfs(heard.subarray(0, 24_000))).toBe(-Infinity)
    expect(levelDbfs(heard.subarray(25_000, 40_000))).toBeGreaterThan(-20)
    expect(world.events).toContainEqual(
      expect.objectContaining({ kind: 'said', who: 'callee', text: 'Speaking' }),
    )
  })

  const answers: readonly (readonly [OutboundAnswer, string])[] = [
    [{ kind: 'busy' }, 'busy'],
    [{ kind: 'failed' }, 'failed'],
    [{ kind: 'noAnswer' }, 'no-answer'],
    [{ kind: 'answer', afterMs: 11_000, script: { steps: [] } }, 'no-answer'],
  ]

  it.each(answers)('%j is told as %s', async (answer, status) => {
    await using world = await ended(dial, undefined, { answerOutbound: () => answer })
    expect(
      world.product.at('/dialled').map((form) => [form.get('DialCallStatus'), form.get('DialBridged')]),
    ).toEqual([[status, 'false']])
  })

  it('of what is no number fails with 13224', async () => {
    await using world = await ended('<Dial action="/dialled"><Number>911</Number></Dial>')
    expect(world.summary.errors).toEqual([expect.stringMatching(/^13224 /)])
    expect(world.product.at('/dialled').map((form) => form.get('DialCallStatus'))).toEqual(['failed'])
  })

  it('asks for the callee with the number that the document names as caller', async () => {
    const legs: unknown[] = []
    const verbs = '<Dial callerId="+14155550101"><Number>+14155550150</Number></Dial>'
    await using world = await ended(verbs, undefined, {
      answerOutbound(leg) {
        legs.push({ from: leg.from, to: leg.to, direction: leg.direction })
        return { kind: 'busy' }
      },
    })
    expect(world.summary.endedBy).toBe('twiml')
    expect(legs).toEqual([{ from: '+14155550101', to: '+14155550150', direction: 'outbound-dial' }])
  })
})

describe('other verbs', () => {
  it('an unknown verb is skipped and told as 12200', async () => {
    await using world = await ended('<Sing/><Say>Hello</Say>')
    expect(world.summary.errors).toEqual(['12200 <Sing> is no verb that can stand in <Response>'])
    expect(world.summary.heardSay.map((each) => each.text)).toEqual(['Hello'])
  })

  it('verbs after Redirect and Hangup never run; a late Reject is told as 12200', async () => {
    await using world = await ended('<Redirect>/next</Redirect><Say>Never</Say>')
    expect(world.product.at('/next')).toHaveLength(1)
    expect(world.summary.heardSay).toEqual([])
    await using other = await ended('<Say>Hi</Say><Reject/><Hangup/><Say>Never</Say>')
    expect(other.summary.errors).toEqual(['12200 <Reject> is not the first verb of an incoming call'])
    expect(other.summary.heardSay.map((each) => each.text)).toEqual(['Hi'])
  })

  it("a caller's script that fails ends the call with its reason", async () => {
    await using world = await ended('<Pause length="50"/>', [
      { do: 'pause', ms: 0 },
      { do: 'waitForReply', ms: 100 },
    ])
    expect(world.summary.endedBy).toBe('twiml')
    await using other = await ended('<Say>Hello</Say><Pause length="50"/>', [{ do: 'waitForReply', ms: 900 }])
    expect(other.summary).toMatchObject({ endedBy: 'script', durationMs: 20_000 })
    expect(other.summary.errors).toEqual([
      'Gave up waitForReply of 900 ms at step 1: nothing within 20000 ms',
    ])
  })
})
