import twilio from 'twilio'
import { describe, expect, it } from 'vitest'
import { parseTwiml } from '../../../src/sim/twilio/twiml.ts'

describe('parseTwiml()', () => {
  it("reads what Twilio's own builder writes", () => {
    const response = new twilio.twiml.VoiceResponse()
    response.say({ voice: 'Polly.Joanna-Neural' }, 'Tom & "Jerry" <3')
    response.play({ digits: 'ww1234#' })
    response.pause({ length: 2 })
    const gather = response.gather({ numDigits: 4, timeout: 3, action: '/digits', actionOnEmptyResult: true })
    gather.say('Your code')
    response.record({
      action: '/recorded',
      maxLength: 60,
      playBeep: false,
      recordingStatusCallback: '/recording',
    })
    response.dial({ callerId: '+14155550100', timeout: 20, action: '/dialled' }).number('+14155550101')
    const connect = response.connect({ action: '/after' })
    const stream = connect.stream({ url: 'wss://h/p', name: 'n', statusCallback: 'https://h/s' })
    stream.parameter({ name: 't', value: 'a"b' })
    response.redirect({ method: 'GET' }, 'https://h/next?a=1&b=2')
    response.hangup()
    const { verbs, warnings } = parseTwiml(response.toString())
    expect(warnings).toEqual([])
    expect(verbs).toEqual([
      { kind: 'say', text: 'Tom & "Jerry" <3', loop: 1 },
      { kind: 'play', url: '', digits: 'ww1234#', loop: 1 },
      { kind: 'pause', lengthS: 2 },
      {
        kind: 'gather',
        action: { url: '/digits', method: 'POST' },
        numDigits: 4,
        finishOnKey: '#',
        timeoutS: 3,
        actionOnEmptyResult: true,
        prompts: [{ kind: 'say', text: 'Your code', loop: 1 }],
      },
      {
        kind: 'record',
        action: { url: '/recorded', method: 'POST' },
        maxLengthS: 60,
        timeoutS: 5,
        finishOnKey: '1234567890*#',
        playBeep: false,
        recordingStatusCallback: { url: '/recording', method: 'POST' },
      },
      {
        kind: 'dial',
        numbers: ['+14155550101'],
        callerId: '+14155550100',
        timeoutS: 20,
        timeLimitS: 14_400,
        action: { url: '/dialled', method: 'POST' },
      },
      {
        kind: 'connect',
        action: { url: '/after', method: 'POST' },
        stream: {
          url: 'wss://h/p',
          name: 'n',
          statusCallback: { url: 'https://h/s', method: 'POST' },
          parameters: { t: 'a"b' },
        },
      },
      { kind: 'redirect', url: 'https://h/next?a=1&b=2', method: 'GET' },
      { kind: 'hangup' },
    ])
  })

  it('reads an empty document, a rejection and a number directly in Dial', () => {
    expect(parseTwiml(new twilio.twiml.VoiceResponse().toString())).toEqual({ verbs: [], warnings: [] })
    expect(parseTwiml('<Response><Reject reason="busy"/></Response>').verbs).toEqual([
      { kind: 'reject', reason: 'busy' },
    ])
    expect(parseTwiml('<Response><Dial>+14155550101</Dial></Response>').verbs).toMatchObject([
      { kind: 'dial', numbers: ['+14155550101'] },
    ])
  })

  it.each([
    ['<Response><Sing/></Response>', '<Sing> is no verb that can stand in <Response>'],
    ['<Response><say>a</say></Response>', '<say> is no verb that can stand in <Response>'],
    ['<Response>a</Response>', 'Text directly in <Response>'],
    ['<Response><Say volume="3">a</Say></Response>', '<Say> has no attribute volume'],
    ['<Response><Pause length="soon"/></Response>', '<Pause length> is not a whole number: soon'],
    ['<Response><Connect/></Response>', '<Connect> does not hold exactly one <Stream>'],
    ['<Response><Gather><Hangup/></Gather></Response>', '<Hangup> is no verb that can stand in <Gather>'],
    [
      '<Response><Dial><Conference>a</Conference></Dial></Response>',
      '<Conference> in <Dial> is not rehearsed',
    ],
  ])('tells what it did not understand in %s', (text, warning) => {
    expect(parseTwiml(text).warnings).toEqual([expect.stringContaining(warning)])
  })

  it('refuses another root and bad XML', () => {
    expect(() => parseTwiml('<Request/>')).toThrow('its root is <Request>, not <Response>')
    expect(() => parseTwiml('<Response><Say>a</Response>')).toThrow('<Say> is closed by </Response>')
  })
})
