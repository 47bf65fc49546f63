import { describe, expect, it } from 'vitest'
import { type HeldNumber, judgeNumber } from '../../src/twilio/check-number.ts'

const publicUrl = 'https://agent.example.org'
const right: HeldNumber = {
  phoneNumber: '+14155550100',
  capabilities: { voice: true },
  voiceUrl: `${publicUrl}/twilio/voice`,
  voiceMethod: 'POST',
  voiceFallbackUrl: 'https://handler.twilio.com/twiml/EH0123',
  statusCallback: `${publicUrl}/twilio/status`,
  statusCallbackMethod: 'POST',
  voiceApplicationSid: '',
  trunkSid: null,
}

function judged(changes: Partial<HeldNumber>) {
  return judgeNumber(right.phoneNumber, { held: { ...right, ...changes }, publicUrl })
}

describe('judgeNumber()', () => {
  it.each<Partial<HeldNumber>>([
    {},
    { voiceUrl: 'https://agent.example.org:443/twilio/voice' },
    { voiceUrl: `${right.voiceUrl}#rc=2&rt=3000` },
    { voiceMethod: null, statusCallbackMethod: undefined },
    { capabilities: null },
  ])('finds nothing wrong with %j', (changes) => {
    expect(judged(changes)).toMatchObject([{ kind: 'fine' }])
  })

  it.each<[Partial<HeldNumber>, string, string]>([
    [{ voiceUrl: '' }, 'setVoiceWebhook', 'is not set'],
    [{ voiceUrl: null }, 'setVoiceWebhook', 'is not set'],
    [{ voiceUrl: `${right.voiceUrl}/` }, 'setVoiceWebhook', 'leads to another path, scheme or query'],
    [{ voiceUrl: `${right.voiceUrl}?a=1` }, 'setVoiceWebhook', 'leads to another path, scheme or query'],
    [
      { voiceUrl: 'http://agent.example.org/twilio/voice' },
      'setVoiceWebhook',
      'another path, scheme or query',
    ],
    [
      { voiceUrl: 'https://agent.example.org:8443/twilio/voice' },
      'setVoiceWebhook',
      'agent.example.org:8443',
    ],
    [{ voiceUrl: 'https://ann:pw@agent.example.org/twilio/voice' }, 'setVoiceWebhook', 'another path'],
    [{ voiceUrl: 'https://old.example.org/twilio/voice' }, 'setVoiceWebhook', 'leads to old.example.org'],
    [{ voiceUrl: 'nonsense' }, 'setVoiceWebhook', 'leads to no web address'],
    [{ voiceMethod: 'GET' }, 'setVoiceWebhook', 'another method than POST'],
    [{ statusCallback: '' }, 'setStatusCallback', 'is not set'],
    [{ statusCallback: right.voiceUrl }, 'setStatusCallback', 'another path'],
    [{ statusCallbackMethod: 'GET' }, 'setStatusCallback', 'another method than POST'],
    [{ voiceFallbackUrl: `${publicUrl}/sorry` }, 'setFallback', 'is this server'],
    [{ voiceFallbackUrl: '' }, 'setFallback', 'has no fallback'],
    [{ trunkSid: 'TK1' }, 'routeCalls', 'a SIP trunk'],
    [{ voiceApplicationSid: 'AP1' }, 'routeCalls', 'a TwiML app'],
    [{ capabilities: { voice: false } }, 'enableVoice', 'cannot do voice'],
  ])('names for %j the one fix %s', (changes, name, says) => {
    const found = judged(changes)
    expect(found.map((finding) => ('fix' in finding ? finding.fix.name : finding.kind))).toEqual([name])
    expect(found[0]?.says).toContain(says)
  })

  it('names each webhook that is wrong, with the value that it should have', () => {
    const found = judged({ voiceUrl: 'https://old.example.org/', statusCallback: null })
    expect(found.map((finding) => 'fix' in finding && finding.fix.does)).toEqual([
      'For +1…0100, set "A call comes in" to Webhook, https://agent.example.org/twilio/voice, HTTP POST',
      'For +1…0100, set "Call status changes" to https://agent.example.org/twilio/status, HTTP POST',
    ])
  })

  it('only warns of a missing fallback', () => {
    expect(judged({ voiceFallbackUrl: null })).toMatchObject([{ kind: 'warning' }])
  })
})
